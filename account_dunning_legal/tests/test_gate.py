from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from .common import TODAY, LegalCommon


@tagged("post_install", "-at_install")
class TestGate(LegalCommon, MailCase):
    """When a case may be opened, and by whom."""

    def test_clerk_opens_a_case_of_items_at_the_top_level(self):
        item = self._create_top_item(1000)

        case = self._open_case(item, self.clerk)

        self.assertRecordValues(case, [{"state": "open", "date_open": TODAY}])

    def test_clerk_cannot_open_while_milder_steps_are_left(self):
        item = self._create_item(1000, 60, day=TODAY)
        case = self._create_case(item, self.clerk, early_reason="They are moving away")

        with self.assertRaisesRegex(UserError, "not reached the last dunning level"):
            case.action_open()

    def test_one_young_item_among_old_ones_is_enough_to_refuse(self):
        items = self._create_top_item(1000) | self._create_item(50, 8, day=TODAY)
        case = self._create_case(items, self.clerk)

        with self.assertRaisesRegex(UserError, "not reached the last dunning level"):
            case.action_open()

    def test_manager_opens_early_with_a_stated_reason(self):
        item = self._create_item(1000, 60, day=TODAY)
        case = self._create_case(item, self.manager)

        for reason in (False, "", "   "):
            case.early_reason = reason
            with self.assertRaises(UserError):
                case.action_open()
        case.early_reason = "They are moving away"
        case.action_open()

        self.assertEqual(case.state, "open")

    def test_nobody_claims_what_is_not_due(self):
        item = self._create_item(1000, -10, day=TODAY)
        case = self._create_case(item, self.manager, early_reason="Because")

        with self.assertRaisesRegex(UserError, "cannot be claimed now"):
            case.action_open()

    def test_nobody_claims_while_money_is_under_way(self):
        item = self._create_top_item(1000)
        self._create_bank_line(1000, item.move_name)
        case = self._create_case(item, self.manager, early_reason="Because")

        with self.assertRaisesRegex(UserError, "Payment under way"):
            case.action_open()

    def test_open_credit_has_to_be_matched_first(self):
        item = self._create_top_item(1000)
        self._create_credit(100, day=TODAY)
        case = self._create_case(item, self.clerk)

        with self.assertRaisesRegex(UserError, "Match them with the invoice first"):
            case.action_open()

    def test_credit_that_covers_all_leaves_nothing_to_claim(self):
        item = self._create_top_item(1000)
        self._create_credit(1000, day=TODAY)
        case = self._create_case(item, self.manager, early_reason="Because")

        with self.assertRaisesRegex(UserError, "cannot be claimed now"):
            case.action_open()

    def test_paid_item_is_not_claimed(self):
        item = self._create_top_item(1000)
        case = self._create_case(item, self.clerk)
        self._pay(item, 1000, TODAY)

        with self.assertRaisesRegex(UserError, "not open any more"):
            case.action_open()

    def test_item_is_in_one_open_case_only(self):
        item = self._create_top_item(1000)
        first = self._open_case(item, self.clerk)
        second = self._create_case(item, self.clerk)

        with self.assertRaisesRegex(UserError, first.name):
            second.action_open()

    def test_empty_case_is_refused(self):
        case = self._create_case(self.env["account.move.line"], self.clerk)
        with self.assertRaisesRegex(UserError, "has no open items"):
            case.action_open()

        managed = case.with_user(self.manager)
        managed.early_reason = "Because"
        with self.assertRaisesRegex(UserError, "claims nothing"):
            managed.action_open()

    def test_manager_can_claim_an_invoice_that_people_had_stopped(self):
        item = self._create_top_item(1000)
        item.move_id.no_followup = True
        case = self._create_case(item, self.clerk)
        with self.assertRaises(UserError):
            case.action_open()

        managed = case.with_user(self.manager)
        managed.early_reason = "The exclusion was a courtesy"
        managed.action_open()

        self.assertEqual(case.state, "open")

    # === NO WAY AROUND === #

    def test_state_is_not_written_by_hand(self):
        case = self._create_case(self._create_item(1000, 60, day=TODAY), self.clerk)
        for user in (self.clerk, self.manager):
            with self.assertRaisesRegex(AccessError, "set by the dunning process"):
                case.with_user(user).state = "open"
        forged = case.with_context(legal_case_state="open")
        with self.assertRaisesRegex(AccessError, "set by the dunning process"):
            forged.write({"state": "open"})

    def test_clerk_does_not_create_open_cases(self):
        item = self._create_item(1000, 60, day=TODAY)
        with self.assertRaises(UserError):
            self._create_case(item, self.clerk, state="open")
        case = (
            self.env["account.legal.case"]
            .with_user(self.clerk)
            .with_context(default_state="open")
            .create({"partner_id": self.debtor.id})
        )
        self.assertEqual(case.state, "draft")

    def test_administrator_takes_over_a_case_that_runs(self):
        item = self._create_item(1000, 60, day=TODAY)
        case = self._create_case(item, self.manager, state="open")
        self.assertEqual(case.state, "open")

    def test_mail_to_the_debtor_waits_for_the_hours_of_the_rule(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        case.message_subscribe(self.debtor.ids)
        rule = self.env["account.dunning.contact.rule"].create(
            {"name": "Office hours", "hour_from": 9, "hour_to": 17}
        )
        self.policy.contact_rule_id = rule
        debtor_row = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        debtor_row.contact_tz = "UTC"
        with freeze_time("2024-06-14 23:00:00"), self.mock_mail_gateway():
            case.with_user(self.clerk).message_post(
                body="Please pay", subtype_xmlid="mail.mt_comment"
            )
            self.assertNotSentEmail()
        mail = self.env["mail.mail"].search(
            [("model", "=", case._name), ("res_id", "=", case.id)]
        )
        self.assertEqual(str(mail.scheduled_date), "2024-06-15 09:00:00")

    def test_open_case_does_not_change_what_it_claims(self):
        case = self._open_case(self._create_top_item(1000), self.clerk)
        other = self._create_top_item(500)

        for values in (
            {"move_line_ids": [Command.link(other.id)]},
            {"partner_id": self._create_debtor("Other").id},
            {"procedure_id": self.procedure.copy().id},
        ):
            with self.assertRaisesRegex(UserError, "cannot be changed"):
                case.write(values)

    def test_item_of_another_customer_does_not_fit(self):
        foreign = self._create_top_item(1000, partner=self._create_debtor("Other"))
        with self.assertRaisesRegex(UserError, "cannot be claimed in case"):
            self._create_case(foreign, self.clerk)

    def test_item_in_another_currency_does_not_fit(self):
        currency = self.setup_other_currency("EUR")
        item = self._create_top_item(1000, currency=currency)
        with self.assertRaisesRegex(UserError, "cannot be claimed in case"):
            self._create_case(item, self.clerk)
