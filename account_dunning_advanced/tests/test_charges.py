from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.translate import code_translations

from .charges_common import ChargesCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestChargesBilled(ChargesCommon):
    """What a notice charges is billed with it, once, and explained to the day."""

    def test_no_charges_unless_set_up(self):
        item = self._create_item(1000, 30)

        notice = self._issue_first(item)

        self.assertEqual(notice.amount_total, 1000)
        self.assertFalse(notice.charge_move_id)
        self.assertFalse(notice.charge_ids)

    def test_interest_and_fee_are_billed_with_the_notice(self):
        # base rate 3.62 % in the first half of 2024, plus 9 points between businesses
        self.first.write({"charge_interest": True, "charge_ids": self.fee})
        item = self._create_item(1000, 30)  # due on 15 May, 30 days late

        notice = self._issue_first(item)

        interest = 10.34  # 1000 × 12.62 % × 30/366 = 10.3443
        self.assertRecordValues(
            notice,
            [
                {
                    "amount_principal": 1000.0,
                    "amount_interest": interest,
                    "amount_fee": 5.0,
                    "amount_total": 1000 + interest + 5,
                }
            ],
        )
        bill = notice.charge_move_id
        self.assertRecordValues(
            bill,
            [
                {
                    "state": "posted",
                    "move_type": "out_invoice",
                    "partner_id": self.debtor.id,
                    "amount_total": interest + 5,
                    "amount_tax": 0.0,
                    "invoice_date": DAY,
                    "invoice_date_due": notice.date_deadline,
                    "ref": notice.name,
                    "dunning_notice_id": notice.id,
                }
            ],
        )
        self.assertEqual(sum(notice.charge_ids.mapped("amount")), bill.amount_total)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        line = notice.charge_ids.filtered(lambda c: c.kind == "interest")
        self.assertEqual((line.days, line.rate, line.base), (30, 12.62, 1000))
        self.assertEqual(line.date_from, date(2024, 5, 16))
        self.assertEqual(line.date_to, DAY)
        self.assertIn("§ 288 II BGB", line.source)
        for part in ("12.62", "30 days", "10.34"):
            self.assertIn(part, line.explanation)
        self.assertEqual(item.dunning_interest_date, DAY)

    def test_what_one_notice_charged_the_next_does_not(self):
        self.policy.level_ids.charge_interest = True
        item = self._create_item(1000, 30)
        self._issue_first(item)
        later = DAY + timedelta(days=20)

        second = self._issue_first(item, later)

        charges = second.charge_ids
        self.assertEqual(min(charges.mapped("date_from")), DAY + timedelta(days=1))
        self.assertEqual(max(charges.mapped("date_to")), later)
        # the rate falls by a quarter point on 1 July: 16 and 4 days
        self.assertEqual(charges.sorted("date_from").mapped("days"), [16, 4])
        # 1000 × 12.62 % × 16/366 = 5.5169; 1000 × 12.37 % × 4/366 = 1.3519
        self.assertAlmostEqual(second.amount_interest, 6.87)

    def test_part_payment_lowers_the_base_from_its_date_on(self):
        self.first.charge_interest = True
        item = self._create_item(1000, 30)
        self._pay(item, 400, day=DAY - timedelta(days=10))

        notice = self._issue_first(item)

        rows = [(c.days, c.base) for c in notice.charge_ids.sorted("date_from")]
        # 16 May to 3 June on 1000, 4 to 14 June on 600
        self.assertEqual(rows, [(19, 1000), (11, 600)])

    def test_what_a_credit_covers_bears_no_interest(self):
        self.first.charge_interest = True
        item = self._create_item(1000, 30)
        self._create_credit(400)  # of 4 June

        notice = self._issue_first(item)

        # nothing from its day on, as if it were matched
        rows = [(c.days, c.base) for c in notice.charge_ids.sorted("date_from")]
        self.assertEqual(rows, [(19, 1000), (11, 600)])

    def test_each_instalment_bears_interest_from_its_own_due_date(self):
        self.first.charge_interest = True
        items = self._create_item(100, 30) | self._create_item(100, 20)

        notice = self._issue_first(items[0])

        self.assertEqual(sorted(notice.charge_ids.mapped("days")), [20, 30])

    def test_lump_sum_comes_once_an_invoice(self):
        lump_sum = self.env.ref("account_dunning_advanced.charge_de_lump_sum")
        lump_sum_here = lump_sum.copy(
            {"currency_id": self.company.currency_id.id, "code": "ls"}
        )
        self.policy.level_ids.charge_ids = lump_sum_here
        item = self._create_item(1000, 30)

        first = self._issue_first(item)
        second = self._issue_first(item, DAY + timedelta(days=20))

        self.assertEqual(first.amount_fee, 40)
        self.assertEqual(second.amount_fee, 0)
        self.assertEqual(second.amount_charged, 40)
        self.assertEqual(second.amount_total, 1040)

    def test_bill_is_claimed_but_starts_no_level_and_bears_no_interest(self):
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        item = self._create_item(1000, 30)
        first = self._issue_first(item)
        bill_item = self._get_items(first.charge_move_id)
        later = DAY + timedelta(days=20)

        second = self._issue_first(item, later)

        line = second.line_ids.filtered(lambda line: line.move_line_id == bill_item)
        self.assertTrue(line.is_charge)
        self.assertFalse(bill_item.dunning_level_id)
        self.assertNotIn(bill_item, second.charge_ids.move_line_id)
        self.assertEqual(second.amount_charged, first.charge_move_id.amount_total)
        # alone, once the invoice is paid, it makes no notice
        self._pay(item, 1000, day=later)
        third_day = later + timedelta(days=30)
        self.assertReason(bill_item, "charge", third_day)
        self.assertFalse(self._run(third_day).notice_ids)

    def test_bill_that_is_not_due_is_not_claimed(self):
        self.policy.level_ids.charge_ids = self.fee
        item = self._create_item(1000, 30)
        first = self._issue_first(item)
        bill_item = self._get_items(first.charge_move_id)

        day = first.date_deadline - timedelta(days=1)

        self.assertReason(bill_item, "not_due", day)

    def test_fee_for_each_item(self):
        self.fee.basis = "item"
        self.first.charge_ids = self.fee
        item = self._create_item(100, 30)
        self._create_item(100, 20)

        notice = self._issue_first(item)

        self.assertEqual(notice.amount_fee, 10)
        self.assertEqual(notice.line_ids.mapped("amount_fee"), [5, 5])

    def test_fee_in_percent_with_limits(self):
        cases = [(100, 3), (1000, 10), (10000, 50)]
        self.fee.write(
            {"method": "percent", "rate": 1, "min_amount": 3, "max_amount": 50}
        )
        self.first.charge_ids = self.fee
        for amount, expected in cases:
            with self.subTest(amount=amount):
                partner = self._create_debtor(f"D{amount}")
                notice = self._issue_first(self._create_item(amount, 30, partner))
                self.assertEqual(notice.amount_fee, expected)

    def test_line_of_a_fee_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.debtor.lang = "fr_FR"
        self.first.charge_ids = self.fee
        self.fee.with_context(lang="fr_FR").name = "Frais de rappel"
        french = {"%(charge)s (%(invoice)s)": "%(charge)s, facture %(invoice)s"}
        self.patch(
            code_translations,
            "get_python_translations",
            lambda _module, lang: french if lang == "fr_FR" else {},
        )
        item = self._create_item(1000, 30)

        notice = self._issue_first(item)

        self.assertEqual(
            notice.charge_move_id.invoice_line_ids.name,
            f"Frais de rappel, facture {item.move_id.name}",
        )

    def test_foreign_currency_is_billed_in_it(self):
        # one foreign unit is worth half of the company's
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        self.first.write({"charge_interest": True, "charge_ids": self.fee})
        item = self._create_item(1000, 30, currency=foreign)

        notice = self._issue_first(item)

        bill = notice.charge_move_id
        self.assertEqual(bill.currency_id, foreign)
        self.assertRecordValues(
            notice, [{"amount_interest": 10.34, "amount_fee": 10.0}]
        )
        self.assertEqual(bill.amount_total, 20.34)
        self.assertEqual(bill.amount_total_signed, 10.17)

    def test_product_decides_on_tax(self):
        tax = self.company_data["default_tax_sale"]
        self.company.account_fiscal_country_id = tax.country_id
        self.debtor.country_id = tax.country_id
        product = self.env.ref("account_dunning_advanced.product_fee").copy(
            {"taxes_id": [Command.set(tax.ids)]}
        )
        self.company.dunning_fee_product_id = product
        self.first.charge_ids = self.fee
        item = self._create_item(1000, 30)

        bill = self._issue_first(item).charge_move_id

        self.assertEqual(bill.invoice_line_ids.tax_ids, tax)

    def test_collector_issues_without_rights_to_invoices(self):
        self.first.charge_ids = self.fee
        self._create_item(1000, 30)
        self.collector.group_ids -= self.env.ref("account.group_account_invoice")

        run = self._run(user=self.collector)
        run.action_approve()
        run.action_issue()

        self.assertEqual(run.notice_ids.charge_move_id.amount_total, 5)

    def test_bill_is_dunned_by_no_level_set_by_hand(self):
        self.first.charge_ids = self.fee
        bill = self._issue_first(self._create_item(1000, 30)).charge_move_id

        with self.assertRaises(UserError):
            bill.sudo(False).with_user(self.manager).unlink()
