from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .charges_common import LATER, PlannedCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestChargesByItem(PlannedCommon):
    """Each item is charged by its own level, and not before it is late."""

    def _issue_old_and_young(self):
        """Return a notice at the second level, with a young item at the first."""
        old = self._create_item(1000, 30)
        self._issue_first(old)
        young = self._create_item(700, 8, day=LATER)
        notice = self._issue_first(old, LATER)
        lines = {line.move_line_id: line for line in notice.line_ids}
        self.assertEqual(lines[young].level_id, self.first)
        return notice, lines[old], lines[young]

    def test_young_item_is_not_charged_for_the_old_one(self):
        self.fee.basis = "item"
        self.second.write({"charge_interest": True, "charge_ids": self.fee})

        notice, old, young = self._issue_old_and_young()

        self.assertEqual(notice.level_id, self.second)
        self.assertEqual((young.amount_interest, young.amount_fee), (0, 0))
        self.assertTrue(old.amount_interest)
        self.assertEqual(old.amount_fee, 5)

    def test_young_item_is_charged_though_the_old_one_is_not(self):
        self.fee.basis = "item"
        self.first.write({"charge_interest": True, "charge_ids": self.fee})

        _notice, old, young = self._issue_old_and_young()

        self.assertEqual((old.amount_interest, old.amount_fee), (0, 0))
        self.assertTrue(young.amount_interest)
        self.assertEqual(young.amount_fee, 5)

    def test_fee_of_the_notice_is_that_of_its_level(self):
        self.first.charge_ids = self._create_charge("First fee", amount=3)
        self.second.charge_ids = self.fee

        notice, _old, _young = self._issue_old_and_young()

        self.assertEqual(notice.amount_fee, 5)

    def test_nothing_is_charged_before_it_is_late(self):
        # (days overdue on the notice's day, is it charged)
        for days, charged in ((-3, False), (0, False), (1, True)):
            with self.subTest(days=days):
                policy = self._create_policy(f"Early {days}", delays=(-5, 7, 21))
                policy.level_ids.write(
                    {
                        "charge_interest": True,
                        "charge_ids": (self.lump_sum | self.fee).ids,
                    }
                )
                partner = self._create_debtor(
                    f"Early {days}", dunning_policy_id=policy.id
                )
                notice = self._issue_first(self._create_item(1000, days, partner))
                self.assertEqual(notice.amount_fee, 45 if charged else 0)
                self.assertEqual(bool(notice.amount_interest), charged)
                self.assertFalse(notice.refused_charge_ids)

    def test_fee_stands_with_the_oldest_overdue_item_and_counts_no_other(self):
        policy = self._create_policy("Early", delays=(-5, 7, 21))
        fee = self._create_charge("One percent", method="percent", rate=1)
        policy.level_ids.charge_ids = fee | self.lump_sum
        partner = self._create_debtor("Early", dunning_policy_id=policy.id)
        old = self._create_item(1000, 12, partner)
        self._create_item(500, -3, partner)

        notice = self._issue_first(old)

        self.assertEqual(notice.charge_ids.move_line_id, old)
        self.assertEqual(sorted(notice.charge_ids.mapped("amount")), [10, 40])

    def test_lump_sum_is_by_the_invoice_not_by_what_is_left(self):
        by_size = self.env.ref("account_dunning_advanced.charge_gb_lump_sum").copy(
            {
                "code": "gb",
                "country_id": False,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.policy.level_ids.charge_ids = by_size
        with self.subTest("paid in part"):
            partner = self._create_debtor("Part")
            item = self._create_item(1200, 30, partner)
            self._pay(item, 300, day=DAY - timedelta(days=2))
            self.assertEqual(self._issue_first(item).amount_fee, 70)
        with self.subTest("due in instalments"):
            notice = self._issue_first(self._create_invoice_in_two(1200)[0])
            self.assertEqual(notice.charge_ids.mapped("amount"), [70])

    def test_lump_sum_of_an_opening_entry_is_each_customers(self):
        self.first.charge_ids = self.lump_sum
        debtors = self._create_debtor("One") | self._create_debtor("Two")
        debtors.country_id = self.env.ref("base.de")
        due = DAY - timedelta(days=30)
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": due - timedelta(days=20),
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    *(
                        Command.create(
                            {
                                "account_id": receivable.id,
                                "partner_id": partner.id,
                                "debit": 500,
                                "credit": 0,
                            }
                        )
                        for partner in debtors
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "debit": 0,
                            "credit": 1000,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        entry.line_ids.filtered("partner_id").write(
            {"no_followup": False, "date_maturity": due}
        )

        with freeze_time(DAY):
            run = self._run(issue=True, partner_ids=debtors.ids)
        self.assertEqual(run.notice_ids.mapped("amount_fee"), [40, 40])
        self.assertEqual(run.notice_ids.partner_id, debtors)
        # once each
        self.second.charge_ids = self.lump_sum
        later = DAY + timedelta(days=20)
        with freeze_time(later):
            again = self._run(later, issue=True, partner_ids=debtors.ids)
        self.assertEqual(again.notice_ids.mapped("amount_fee"), [0, 0])

    def test_charge_that_is_not_for_the_currency_says_so(self):
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        self.lump_sum.other_currencies = "skip"
        self.first.charge_ids = self.lump_sum
        item = self._create_item(1000, 30, currency=foreign)

        notice = self._issue_first(item)

        self.assertFalse(notice.charge_ids)
        self.assertRecordValues(
            notice.refused_charge_ids,
            [{"kind": "lump_sum", "amount": 0.0, "charge_id": self.lump_sum.id}],
        )
        self.assertIn("EUR", notice.refused_charge_ids.refusal)
