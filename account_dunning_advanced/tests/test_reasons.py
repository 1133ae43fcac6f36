from datetime import timedelta

from lxml import etree

from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestReasons(DunningCommon):
    """Each open item gets one reason: the first in the contract's order that holds."""

    def test_overdue_item_is_dunned_at_the_first_level(self):
        item = self._create_item(100, 7)

        verdict = self.assertReason(item, "dun")

        self.assertEqual(verdict.level_id, self.first)
        self.assertEqual(verdict.amount_dunned, 100)
        self.assertEqual(verdict.days_overdue, 7)

    def test_item_before_the_first_level_is_not_due(self):
        item = self._create_item(100, 6)

        verdict = self.assertReason(item, "not_due")

        self.assertEqual(verdict.reason_date, DAY + timedelta(days=1))
        self.assertFalse(verdict.level_id)
        self.assertFalse(verdict.amount_dunned)

    def test_core_flag_excludes(self):
        item = self._create_item(100, 30)
        item.move_id.no_followup = True

        self.assertReason(item, "excluded")

    def test_core_block_stops(self):
        item = self._create_item(100, 30)
        item.move_id.action_toggle_block_payment()

        self.assertReason(item, "blocked")

    def test_exclusion_comes_before_block(self):
        item = self._create_item(100, 30)
        item.move_id.action_toggle_block_payment()
        item.move_id.no_followup = True

        self.assertReason(item, "excluded")

    def test_without_policy_nothing_is_asked(self):
        item = self._create_item(100, 30)
        self.company.dunning_policy_id = False

        self.assertReason(item, "no_policy")

    def test_archived_policy_counts_as_none(self):
        item = self._create_item(100, 30)
        self.policy.active = False

        self.assertReason(item, "no_policy")

    def test_policy_without_levels_has_no_level_left(self):
        item = self._create_item(100, 30)
        self.policy.level_ids.active = False

        self.assertReason(item, "top_level")

    def test_item_at_the_last_level_is_left(self):
        item = self._create_item(100, 90)
        for step in range(3):
            self._run(DAY + timedelta(days=10 * step), issue=True)
        self.assertEqual(item.dunning_level_id, self.last)

        self.assertReason(item, "top_level", DAY + timedelta(days=60))

    def test_next_level_waits_for_its_day(self):
        item = self._create_item(100, 7)
        self._run(issue=True)

        verdict = self.assertReason(item, "not_yet", DAY + timedelta(days=13))

        self.assertEqual(verdict.reason_date, DAY + timedelta(days=14))
        self.assertEqual(verdict.next_level_id, self.second)

    def test_interval_holds_even_where_the_next_level_is_long_due(self):
        item = self._create_item(100, 90)
        self._run(issue=True)

        verdict = self.assertReason(item, "interval", DAY + timedelta(days=6))

        self.assertEqual(verdict.reason_date, DAY + timedelta(days=7))
        self.assertReason(item, "dun", DAY + timedelta(days=7))

    def test_unreachable_debtor_has_no_address(self):
        for values, reason in (
            ({"email": False}, "no_address"),
            ({"email": "nonsense"}, "no_address"),
            ({"email": False, "street": "1 Main St", "city": "Town"}, "dun"),
            ({"email": False, "street": "1 Main St"}, "no_address"),
            ({}, "dun"),
        ):
            with self.subTest(values=values):
                partner = self._create_debtor("Reach", **values)
                self.assertReason(self._create_item(50, 30, partner), reason)

    def test_contact_can_be_reached_for_its_company(self):
        partner = self._create_debtor("Silent", email=False)
        self._create_debtor(
            "Clerk", parent_id=partner.id, type="invoice", is_company=False
        )

        self.assertReason(self._create_item(50, 30, partner), "dun")

    def test_item_without_customer_gets_a_reason(self):
        move = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": DAY - timedelta(days=60),
                "journal_id": self.company_data["default_journal_sale"].id,
                "line_ids": [
                    (0, 0, {"account_id": account.id, "balance": balance})
                    for account, balance in (
                        (self.company_data["default_account_receivable"], 10),
                        (self.company_data["default_account_revenue"], -10),
                    )
                ],
            }
        )
        move.action_post()

        self.assertReason(self._get_items(move), "no_partner")

    def test_items_that_are_no_claims_say_so(self):
        draft = self._create_item(10, 30)
        draft.move_id.button_draft()
        paid = self._create_item(10, 30)
        self._pay(paid, 10)
        credit = self._create_credit(5)
        items = draft | paid | credit

        self.assertEqual(
            items._dunning_reasons(DAY),
            {draft.id: "not_open", paid.id: "not_open", credit.id: "credit"},
        )
        self.assertFalse(self._run().verdict_ids.move_line_id & items)

    def test_instalments_are_judged_by_their_own_due_dates(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Half now, half in 60 days",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 60)
                ],
            }
        )
        invoice = self._create_item(
            100, 20, invoice_payment_term_id=term.id, invoice_date_due=False
        ).move_id
        early, late = self._get_items(invoice)

        self.assertReason(early, "dun")
        self.assertReason(late, "not_due")

    def test_every_reason_explains_itself(self):
        Verdict = self.env["account.dunning.verdict"]
        for reason, _label in Verdict._fields["reason"]._description_selection(
            self.env
        ):
            with self.subTest(reason):
                self.assertTrue(hasattr(Verdict, f"_explain_{reason}"))

    def test_remedy_names_the_field_as_the_invoice_does(self):
        item = self._create_item(100, 30)
        item.move_id.no_followup = True

        verdict = self.assertReason(item, "excluded")

        form = etree.fromstring(item.move_id.get_view(view_type="form")["arch"])
        [field] = form.xpath("//page[@name='dunning']//field[@name='no_followup']")
        self.assertIn(f"“{field.get('string')}”", verdict.remedy)

    def test_explanation_names_credit_and_amounts(self):
        item = self._create_item(100, 30)
        credit = self._create_credit(100)

        verdict = self.assertReason(item, "credit_covers")

        self.assertIn(credit.move_id.name, verdict.explanation)
        self.assertIn("100.00", verdict.explanation)
        self.assertEqual(verdict.action_open_cause()["res_id"], credit.move_id.id)

    def test_open_exchange_difference_is_no_claim(self):
        euro = self.setup_other_currency("EUR")
        item = self._create_item(100, 30, currency=euro)
        # an item settled in its currency whose difference nobody has booked yet
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move_line SET amount_residual_currency = 0 WHERE id = %s",
            [item.id],
        )
        self.env.invalidate_all()

        verdict = self.assertReason(item, "nothing_owed")
        self.assertEqual(verdict.amount_dunned, 0)
