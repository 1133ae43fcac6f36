from datetime import timedelta

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestRun(DunningCommon):
    """A run is a plan: proposed for any day, approved, issued as approved."""

    def test_one_notice_a_debtor_at_the_highest_level(self):
        old = self._create_item(100, 60)
        self._run(issue=True)
        young = self._create_item(40, 10)

        run = self._run(DAY + timedelta(days=20))

        self.assertRecordValues(
            run.notice_ids,
            [
                {
                    "partner_id": self.debtor.id,
                    "level_id": self.second.id,
                    "amount_principal": 140.0,
                    "amount_total": 140.0,
                    "state": "draft",
                    "name": False,
                }
            ],
        )
        levels = {line.move_line_id: line.level_id for line in run.notice_ids.line_ids}
        self.assertEqual(levels, {old: self.second, young: self.first})

    def test_one_notice_a_currency(self):
        other = self.setup_other_currency("EUR")
        self._create_item(100, 30)
        self._create_item(80, 30, currency=other)

        run = self._run()

        self.assertEqual(
            {(n.currency_id, n.amount_total) for n in run.notice_ids},
            {(self.company.currency_id, 100.0), (other, 80.0)},
        )

    def test_part_cover_shows_as_credit_on_the_notice(self):
        self._create_item(100, 30)
        self._create_credit(30)

        notice = self._run().notice_ids

        self.assertRecordValues(
            notice,
            [{"amount_principal": 100.0, "amount_credit": 30.0, "amount_total": 70.0}],
        )

    def test_verdict_for_every_open_item(self):
        items = self._create_item(100, 30) | self._create_item(100, 3)
        items |= self._create_item(100, 30, self._create_debtor("X", email=False))

        run = self._run()

        self.assertEqual(run.verdict_ids.move_line_id, items)
        self.assertEqual(run.item_count, 3)
        self.assertEqual(run.dun_count, 1)
        self.assertEqual(
            {row["reason"]: row["items"] for row in run._get_reason_summary()},
            {"dun": 1, "not_due": 1, "no_address": 1},
        )

    def test_proposing_again_replaces_the_plan(self):
        self._create_item(100, 30)
        run = self._run()
        self._create_item(50, 30)

        run.action_propose()

        self.assertEqual(len(run.verdict_ids), 2)
        self.assertEqual(run.notice_ids.amount_total, 150)

    def test_run_for_a_past_day_gives_the_full_time_to_pay(self):
        self._create_item(100, 30)

        with freeze_time("2024-06-20 12:00:00"):
            notice = self._run(issue=True).notice_ids

        self.assertEqual(notice.date, DAY)
        self.assertEqual(notice.date_deadline, DAY + timedelta(days=6 + 7))

    @freeze_time("2024-06-14 12:00:00")
    def test_issue_writes_numbers_levels_and_dates(self):
        item = self._create_item(100, 30)

        run = self._run(issue=True)

        self.assertEqual(run.state, "issued")
        notice = run.notice_ids
        self.assertEqual(notice.state, "issued")
        self.assertRegex(notice.name, r"^DUN/2024/\d{5}$")
        self.assertEqual(notice.date_deadline, DAY + timedelta(days=7))
        for record in (item, item.move_id, self.debtor):
            self.assertEqual(record.dunning_level_id, self.first)
            self.assertEqual(record.dunning_date, DAY)

    def test_level_and_date_can_be_searched(self):
        item = self._create_item(100, 30)
        self._run(issue=True)

        domain = [("dunning_level_id", "=", self.first.id), ("dunning_date", "=", DAY)]

        self.assertEqual(self.env["account.move.line"].search(domain), item)
        self.assertEqual(self.env["account.move"].search(domain), item.move_id)
        self.assertEqual(self.env["res.partner"].search(domain), self.debtor)

    def test_numbers_rise_without_gap(self):
        for number in range(5):
            self._create_item(100, 30, self._create_debtor(f"Debtor {number}"))

        names = sorted(self._run(issue=True).notice_ids.mapped("name"))

        numbers = [int(name[-5:]) for name in names]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 5)))

    def test_gapless_sequence_works_too(self):
        sequence = self.company._get_dunning_sequence()
        sequence.implementation = "no_gap"
        for number in range(3):
            self._create_item(100, 30, self._create_debtor(f"Debtor {number}"))

        names = self._run(issue=True).notice_ids.mapped("name")

        self.assertEqual(len(set(names)), 3)

    def test_second_run_of_a_day_adds_nothing(self):
        self._create_item(100, 30)
        self._run(issue=True)

        again = self._run(issue=True)

        self.assertFalse(again.notice_ids)
        self.assertEqual(again.state, "issued")

    def test_unapproved_run_is_not_issued(self):
        self._create_item(100, 30)
        run = self._run()

        with self.assertRaises(UserError):
            run.action_issue()

    @freeze_time("2024-06-14 12:00:00")
    def test_future_run_is_a_what_if(self):
        item = self._create_item(100, -3)
        run = self._run(DAY + timedelta(days=10))
        self.assertEqual(run.verdict_ids.reason, "dun")
        run.action_approve()

        with self.assertRaisesRegex(UserError, "future"):
            run.action_issue()

        self.assertFalse(item.dunning_level_id)

    @freeze_time("2024-06-14 12:00:00")
    def test_proposed_run_keeps_its_day_and_limits(self):
        self._create_item(100, 30)
        run = self._run()
        for vals in (
            {"date": DAY - timedelta(days=1)},
            {"partner_ids": [(6, 0, self._create_debtor("Other").ids)]},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                run.write(vals)

        run.action_draft()
        run.date = DAY - timedelta(days=1)

        self.assertFalse(run.notice_ids)
        self.assertFalse(run.verdict_ids)

    def test_proposal_does_not_hold_the_ledger(self):
        item = self._create_item(100, 30)
        run = self._run()
        run.action_cancel()
        item.move_id.button_draft()

        item.move_id.with_context(force_delete=True).unlink()

        self.assertFalse(run.notice_ids.line_ids)

    def test_proposed_run_can_be_deleted(self):
        self._create_item(100, 30)
        run = self._run()

        run.unlink()

        self.assertFalse(run.exists())

    def test_notice_keeps_its_level_where_policies_meet(self):
        low = self._create_policy("Low")
        for level in low.level_ids.sorted("sequence", reverse=True):
            level.sequence += 500
        high = self._create_item(100, 60)
        self._run(issue=True)
        other = self._create_item(50, 60)
        other.move_id.dunning_policy_id = low
        run = self._run(DAY + timedelta(days=10))
        self.assertEqual(run.notice_ids.level_id, self.second)

        run.action_approve()
        run.action_issue()

        # sequences of two policies say nothing about each other; steps do
        self.assertEqual(run.notice_ids.level_id, self.second)
        self.assertEqual(high.dunning_level_id, self.second)

    def test_run_before_the_last_issued_one_is_refused(self):
        self._create_item(100, 60)
        self._run(issue=True)
        early = self._run(DAY - timedelta(days=1))
        early.action_approve()

        with self.assertRaisesRegex(UserError, "older"):
            early.action_issue()

    def test_changed_plan_is_refused(self):
        self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        # whoever writes behind the review's back is found out by the plan's hash
        run.notice_ids.line_ids.sudo().amount_dunned = 90

        with self.assertRaisesRegex(UserError, "not the one that was approved"):
            run.action_issue()

    def test_unchanged_plan_passes_the_same_check(self):
        self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        run.notice_ids.line_ids.sudo().amount_dunned = 100

        run.action_issue()

        self.assertEqual(run.state, "issued")

    def test_limits_choose_but_do_not_change(self):
        mine = self._create_item(100, 30, invoice_user_id=self.collector.id)
        self._create_item(70, 40)
        self._create_credit(70)
        other = self._create_item(50, 30, self._create_debtor("Other"))

        by_partner = self._run(partner_ids=[(6, 0, other.partner_id.ids)])
        by_salesperson = self._run(salesperson_ids=[(6, 0, self.collector.ids)])

        self.assertEqual(by_partner.verdict_ids.move_line_id, other)
        # the credit went to the older item, which this run does not show
        self.assertEqual(by_salesperson.verdict_ids.move_line_id, mine)
        self.assertEqual(by_salesperson.verdict_ids.amount_dunned, 100)

    def test_run_limited_to_a_policy(self):
        other = self._create_policy("Other")
        item = self._create_item(50, 30, self._create_debtor("Other"))
        item.partner_id.dunning_policy_id = other
        self._create_item(100, 30)

        run = self._run(policy_ids=[(6, 0, other.ids)])

        self.assertEqual(run.verdict_ids.move_line_id, item)

    def test_cancelled_run_leaves_the_items_alone(self):
        item = self._create_item(100, 30)
        run = self._run()

        run.action_cancel()

        self.assertEqual(run.state, "cancelled")
        self.assertEqual(run.notice_ids.state, "cancelled")
        self.assertReason(item, "dun")

    def test_issued_run_and_notice_cannot_be_deleted(self):
        self._create_item(100, 30)
        run = self._run(issue=True)

        with self.assertRaises(UserError):
            run.notice_ids.unlink()
        with self.assertRaises(UserError):
            run.unlink()

    def test_recipient_is_dunning_contact_then_invoice_contact(self):
        invoice_contact = self._create_debtor(
            "Clerk", parent_id=self.debtor.id, type="invoice", is_company=False
        )
        self._create_item(100, 30)
        self.assertEqual(self._run().notice_ids.recipient_id, invoice_contact)

        contact = self._create_debtor(
            "Dunning", parent_id=self.debtor.id, type="dunning", is_company=False
        )
        self.assertEqual(self._run().notice_ids.recipient_id, contact)

        # by e-mail, a contact without address does not help
        contact.email = False
        self.assertEqual(self._run().notice_ids.recipient_id, invoice_contact)

    def test_notice_keeps_the_levels_values(self):
        self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids

        self.first.write({"tone": "last", "payment_days": 30})

        self.assertEqual(notice._get_level_value("tone"), "friendly")
        self.assertEqual(notice._get_level_value("payment_days"), 7)

    def test_debtor_row_follows_the_ledger(self):
        self._create_item(100, 30)
        self._create_item(50, -30)
        self._run(issue=True)
        debtor = self.env["account.dunning.debtor"].search(
            [("partner_id", "=", self.debtor.id), ("company_id", "=", self.company.id)]
        )

        self.assertRecordValues(
            debtor,
            [
                {
                    "amount_open": 150.0,
                    "level_id": self.first.id,
                    "dunning_date": DAY,
                    "date_oldest_due": DAY - timedelta(days=30),
                }
            ],
        )
        action = debtor.action_open_items()
        items = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(sum(items.mapped("amount_residual")), 150)

    def test_archived_customer_still_owes(self):
        item = self._create_item(100, 30)
        self.debtor.active = False

        self.assertReason(item, "dun")
        self.assertEqual(self._run(issue=True).notice_ids.state, "issued")


@tagged("post_install", "-at_install")
class TestRunView(DunningCommon):
    """What a phone shows of runs, notices and debtors: cards, not cut-off lists."""

    def test_phone_shows_notices_as_cards(self):
        shown = self._get_card("account.dunning.run", "notice_ids")

        self.assertLessEqual({"partner_id", "level_id", "amount_total"}, shown)

    def test_phone_shows_items_of_a_notice_as_cards(self):
        shown = self._get_card("account.dunning.notice", "open_line_ids")

        self.assertLessEqual({"move_id", "date_due", "amount_dunned"}, shown)

    def test_phone_shows_open_items_of_a_debtor_as_cards(self):
        shown = self._get_card("account.dunning.debtor", "open_item_ids")

        self.assertLessEqual({"amount_residual_currency", "dunning_explanation"}, shown)

    def test_phone_shows_runs_as_cards(self):
        action = self.env.ref("account_dunning_advanced.account_dunning_run_action")
        view = self.env["account.dunning.run"].get_view(view_type="kanban")

        self.assertIn("kanban", action.view_mode.split(","))
        shown = self._get_fields(etree.fromstring(view["arch"]))
        self.assertLessEqual({"date", "notice_count", "state"}, shown)

    def _get_card(self, model, name):
        """Return what the card of a form's x2many shows on a phone."""
        form = etree.fromstring(self.env[model].get_view(view_type="form")["arch"])
        field = form.find(f".//field[@name='{name}']")
        self.assertIn("kanban", field.get("mode") or "")
        return self._get_fields(field)

    def _get_fields(self, node):
        card = node.find(".//t[@t-name='card']")
        return {field.get("name") for field in card.iter("field")}
