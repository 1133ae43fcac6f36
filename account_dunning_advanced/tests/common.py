from contextlib import contextmanager
from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

# The day on which the stories of the tests are told. In the past, so that runs can be
# issued for it whatever the clock says.
DAY = date(2024, 6, 14)


class DunningCommon(AccountTestInvoicingCommon):
    """A company with a three-level policy, a collector, and helpers to make items."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.company_data["company"]
        cls.policy = cls._create_policy("Three Steps")
        cls.first, cls.second, cls.last = cls.policy.level_ids
        cls.company.dunning_policy_id = cls.policy
        cls.company.partner_id.tz = "UTC"
        cls.debtor = cls._create_debtor("Debtor")
        cls.collector = cls._create_user("collector", "group_dunning_user")
        cls.manager = cls._create_user("dunning_manager", "group_dunning_manager")

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "account_dunning_advanced.group_dunning_manager"
        )

    # === HELPERS === #

    @classmethod
    def _create_user(cls, login, group):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"account_dunning_advanced.{group}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_policy(cls, name, delays=(7, 21, 35), **values):
        """Create a policy whose levels are due so many days after the due date."""
        return cls.env["account.dunning.policy"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "level_ids": [
                    Command.create(
                        {
                            "name": f"{name} {number}",
                            "sequence": 10 * number,
                            "delay_days": delay,
                            "interval_days": 7 if number > 1 else 0,
                        }
                    )
                    for number, delay in enumerate(delays, start=1)
                ],
                **values,
            }
        )

    @classmethod
    def _create_debtor(cls, name, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "email": f"{name.lower().replace(' ', '.')}@example.com",
                "is_company": True,
                **values,
            }
        )

    @classmethod
    def _create_item(
        cls,
        amount,
        days,
        partner=None,
        move_type="out_invoice",
        currency=None,
        company=None,
        day=DAY,
        **values,
    ):
        """Post an invoice that was due ``days`` days before ``day``.

        :return: its receivable line.
        """
        date_due = day - timedelta(days=days)
        company = company or cls.company
        move = (
            cls.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": move_type,
                    "partner_id": (partner or cls.debtor).id,
                    "invoice_date": date_due - timedelta(days=10),
                    "invoice_date_due": date_due,
                    "invoice_payment_term_id": False,
                    "currency_id": (currency or company.currency_id).id,
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Goods",
                                "price_unit": amount,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                    **values,
                }
            )
        )
        move.action_post()
        return cls._get_items(move)

    @classmethod
    def _create_credit(cls, amount, partner=None, **values):
        """Post a credit note that is not matched with anything."""
        return cls._create_item(
            amount, 0, partner=partner, move_type="out_refund", **values
        )

    @classmethod
    def _get_items(cls, move):
        return move.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        ).sorted("date_maturity")

    @classmethod
    def _pay(cls, item, amount, day=DAY):
        """Register a payment of the item's invoice and reconcile it."""
        return (
            cls.env["account.payment.register"]
            .with_context(active_model="account.move", active_ids=item.move_id.ids)
            .create(
                {
                    "amount": amount,
                    "payment_date": day,
                    "payment_difference_handling": "open",
                }
            )
            ._create_payments()
        )

    @classmethod
    def _create_bank_line(cls, amount, label, partner=None, **values):
        return cls.env["account.bank.statement.line"].create(
            {
                "journal_id": cls.company_data["default_journal_bank"].id,
                "date": DAY,
                "amount": amount,
                "payment_ref": label,
                "partner_id": partner.id if partner else False,
                **values,
            }
        )

    @classmethod
    def _run(cls, day=DAY, issue=False, user=None, **values):
        """Propose a run for a day and, if asked, approve and issue it."""
        run = (
            cls.env["account.dunning.run"]
            .with_user(user or cls.env.user)
            .create({"company_id": cls.company.id, "date": day, **values})
        )
        run.action_propose()
        if issue:
            run.action_approve()
            run.action_issue()
        return run

    @contextmanager
    def _readOnly(self):
        """As on a replica of the database, where nothing can be written."""
        self.env.flush_all()
        self.env.invalidate_all()
        savepoint = self.env.cr.savepoint(flush=False)
        try:
            self.env.cr.execute("SET TRANSACTION READ ONLY")
            yield
        finally:
            savepoint.close(rollback=True)

    def _judge(self, item, day=DAY):
        """Return the verdict of a fresh proposal on one item."""
        return self._run(day).verdict_ids.filtered(
            lambda verdict: verdict.move_line_id == item
        )

    def _look(self, item, day=DAY):
        """Return the reason of an item for who looks at its customer's account."""
        select = self.env["account.dunning.assessment"]._get_positions(
            item.company_id, day, item.partner_id
        )
        reasons = {
            row["line_id"]: row["reason"] for row in self.env.execute_query_dict(select)
        }
        return reasons[item.id]

    def _get_outlook(self, item, day=DAY):
        """Return the reasons that the worklist goes by for an item's customer."""
        outlook = self.env["account.dunning.assessment"]._get_outlook(
            item.company_id, day, item.partner_id
        )
        debtor = item.partner_id.commercial_partner_id
        return {row["reason"] for row in outlook.get(debtor.id, [])}

    def assertReason(self, item, reason, day=DAY):
        """Assert what a run decides about an item, and that the item says the same.

        So does the account that its customer looks at, where it is the same to both,
        and what the worklist says of the customer.
        """
        verdict = self._judge(item, day)
        self.assertEqual(verdict.reason, reason, verdict.explanation)
        self.assertEqual(item._dunning_reasons(day), {item.id: reason})
        if item.partner_id:
            seen = "dun" if reason in ("below_minimum", "no_address") else reason
            self.assertEqual(self._look(item, day), seen)
        if item.partner_id and verdict.date_due < day:
            self.assertIn(reason, self._get_outlook(item, day))
        self.assertTrue(verdict.explanation)
        return verdict
