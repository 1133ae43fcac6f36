from datetime import timedelta

from freezegun import freeze_time

from odoo import Command

from .common import DAY, DunningCommon

LATER = DAY + timedelta(days=20)


class ChargesCommon(DunningCommon):
    """A company in Germany that charges interest and a fee from the second level on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.de")
        cls.company.account_fiscal_country_id = cls.env.ref("base.de")
        cls.company.dunning_charge_journal_id = cls.company_data["default_journal_sale"]
        cls.debtor.country_id = cls.env.ref("base.de")
        cls.terms = cls.env["account.dunning.terms"].create(
            {"company_id": cls.company.id, "clause": "General terms, § 7"}
        )
        cls.fee = cls._create_charge("Reminder fee", amount=5)

    @classmethod
    def _create_charge(cls, name, **values):
        return cls.env["account.dunning.charge"].create(
            {
                "name": name,
                "code": name,
                "currency_id": cls.company.currency_id.id,
                **values,
            }
        )

    @classmethod
    def _create_consumer(cls, name="Private Person", country="base.de"):
        return cls._create_debtor(
            name, is_company=False, country_id=cls.env.ref(country).id
        )

    def _issue_first(self, item, day=DAY):
        with freeze_time(day):
            run = self._run(day, issue=True, partner_ids=item.partner_id.ids)
        notice = run.notice_ids.filtered(
            lambda notice: item in notice.line_ids.move_line_id
        )
        self.assertEqual(notice.state, "issued", notice.error)
        return notice

    def _get_balances(self):
        """Return the trial balance of the company: {account: balance}."""
        self.env.flush_all()
        return {
            account.id: round(balance, 2)
            for account, balance in self.env["account.move.line"]._read_group(
                [
                    ("company_id", "=", self.company.id),
                    ("parent_state", "=", "posted"),
                ],
                ["account_id"],
                ["balance:sum"],
            )
            if round(balance, 2)
        }


class PlannedCommon(ChargesCommon):
    """What notices plan to charge, and what holds for it until they are issued."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lump_sum = cls.env.ref("account_dunning_advanced.charge_de_lump_sum").copy(
            {"currency_id": cls.company.currency_id.id, "code": "ls"}
        )

    def _create_invoice_in_two(self, amount):
        """Post an invoice that was due in two halves, 40 and 35 days before ``DAY``."""
        term = self.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 5)
                ],
            }
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.debtor.id,
                "invoice_date": DAY - timedelta(days=40),
                "invoice_payment_term_id": term.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Goods",
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        return self._get_items(invoice)

    def _add(self, notices, charge, reason="long calls"):
        self.env["account.dunning.charge.add"].with_user(self.collector).create(
            {
                "notice_ids": [Command.set(notices.ids)],
                "charge_id": charge.id,
                "reason": reason,
            }
        ).action_apply()

    def _propose(self, partner, day=DAY):
        return self._run(day, partner_ids=partner.ids).notice_ids

    def _issue(self, notice):
        with freeze_time(notice.date):
            notice.run_id.action_approve()
            notice.run_id.action_issue()
        self.assertEqual(notice.state, "issued", notice.error)
