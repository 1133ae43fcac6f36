from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .test_debtor_figures import WorklistCommon


@tagged("post_install", "-at_install")
class TestWorklist(WorklistCommon):
    """A collector opens the worklist and knows whom to call next."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls._create_user("second_collector", "group_dunning_user")

    def _rows(self, *amounts, user=None):
        """Make debtors who owe so much, the collector's."""
        rows = self.Debtor
        for number, amount in enumerate(amounts):
            partner = self._create_debtor(f"Row {number} of {len(rows)} {amount}")
            self._item(amount, 30, partner)
            rows |= self._row(partner)
        rows.user_id = user or self.collector
        return rows

    def _list(self, user, *domain):
        return self.Debtor.with_user(user).search(
            [("amount_overdue", ">", 0), ("company_id", "=", self.company.id), *domain]
        )

    # --- whose debtors

    def test_my_debtors_are_mine_and_my_teams_the_teams(self):
        mine, others = self._rows(100), self._rows(200, user=self.other)

        self.assertEqual(self._list(self.collector, ("is_mine", "=", True)), mine)
        self.assertNotIn(mine, self._list(self.collector, ("is_mine", "=", False)))
        self.assertEqual(self._list(self.manager, ("is_my_teams", "=", True)), mine[:0])

        self.env["account.dunning.team"].with_user(self.manager).create(
            {
                "name": "North",
                "user_id": self.manager.id,
                "member_ids": [Command.set((self.collector | self.other).ids)],
            }
        )
        self.env.invalidate_all()

        for user in (self.manager, self.collector):
            self.assertEqual(
                self._list(user, ("is_my_teams", "=", True)), mine | others
            )
        self.assertTrue(others.with_user(self.collector).is_my_teams)
        self.assertFalse(others.with_user(self.collector).is_mine)

    def test_substitute_works_through_the_debtors_while_the_collector_is_away(self):
        row = self._rows(100)
        away = self.env["account.dunning.absence"].with_user(self.collector)
        away = away.create(
            {
                "substitute_id": self.other.id,
                "date_from": self.today,
                "date_to": self.today + timedelta(days=3),
            }
        )

        self.assertEqual(self._list(self.other, ("is_mine", "=", True)), row)
        self.assertEqual(row.acting_user_id, self.other)
        self.assertIn("stands in", row.with_user(self.other).absence_text)
        # letters name the collector as ever
        self.assertEqual(row.user_id, self.collector)

        away.date_from, away.date_to = (
            self.today - timedelta(days=9),
            self.today - timedelta(days=1),
        )
        self.env.invalidate_all()
        self.assertFalse(self._list(self.other, ("is_mine", "=", True)))
        self.assertFalse(row.absence_text)

    def test_substitute_who_is_away_as_well_is_passed_over(self):
        row = self._rows(100)
        for user, substitute in (
            (self.collector, self.other),
            (self.other, self.manager),
        ):
            self.env["account.dunning.absence"].create(
                {
                    "user_id": user.id,
                    "substitute_id": substitute.id,
                    "date_to": self.today,
                }
            )

        self.assertEqual(row.acting_user_id, self.manager)
        self.assertEqual(self._list(self.manager, ("is_mine", "=", True)), row)

        # in a circle nobody would have the debtor: the collector keeps it
        self.env["account.dunning.absence"].create(
            {
                "user_id": self.manager.id,
                "substitute_id": self.collector.id,
                "date_to": self.today,
            }
        )
        self.env.invalidate_all()
        self.assertEqual(row.acting_user_id, self.collector)

    def test_substitute_who_has_left_stands_in_for_nobody(self):
        row = self._rows(100)
        gone = self._create_user("gone", "group_dunning_user")
        for substitute in (self.manager, gone):
            self.env["account.dunning.absence"].create(
                {
                    "user_id": self.collector.id,
                    "substitute_id": substitute.id,
                    "date_to": self.today,
                }
            )
        gone.active = False
        self.env.invalidate_all()

        self.assertEqual(row.acting_user_id, self.manager)
        self.assertEqual(self._list(self.manager, ("is_mine", "=", True)), row)

    def test_collectors_announce_their_own_absence_only(self):
        values = {
            "user_id": self.other.id,
            "substitute_id": self.collector.id,
            "date_to": self.today,
        }
        Absence = self.env["account.dunning.absence"]
        with self.assertRaises(AccessError):
            Absence.with_user(self.collector).create(values)
        Absence.with_user(self.manager).create(values)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            Absence.with_user(self.manager).create(
                {**values, "substitute_id": self.other.id}
            )

    # --- assignment

    def _rule(self, users, **values):
        return (
            self.env["account.dunning.assignment.rule"]
            .with_user(self.manager)
            .create({"name": "Rule", "user_ids": [Command.set(users.ids)], **values})
        )

    def _assign(self):
        self.env["account.dunning.assignment.rule"]._assign(self.company)

    def test_first_rule_that_fits_assigns(self):
        france, germany = self.env.ref("base.fr"), self.env.ref("base.de")
        rows = self._rows(100, 5000, 300)
        rows.user_id = False
        rows[0].partner_id.country_id = france
        rows[1].partner_id.country_id = france
        rows[2].partner_id.country_id = germany
        self._rule(self.manager, amount_min=1000, sequence=1)
        self._rule(self.other, country_ids=[Command.set(france.ids)], sequence=2)

        self._assign()

        self.assertEqual(rows[0].user_id, self.other)
        self.assertEqual(rows[1].user_id, self.manager)
        self.assertFalse(rows[2].user_id)

    def test_rules_by_language_and_salesperson(self):
        rows = self._rows(100, 200)
        rows.user_id = False
        self.env["res.lang"]._activate_lang("de_DE")
        rows[0].partner_id.lang = "de_DE"
        rows[1].partner_id.user_id = self.manager
        self._rule(self.other, lang="de_DE")
        self._rule(self.collector, salesperson_ids=[Command.set(self.manager.ids)])

        self._assign()

        self.assertEqual(rows[0].user_id, self.other)
        self.assertEqual(rows[1].user_id, self.collector)

    def test_several_collectors_get_the_same_number(self):
        rows = self._rows(*range(100, 109))
        rows.user_id = False
        self._rule(self.collector | self.other | self.manager)

        self._assign()

        for user in (self.collector, self.other, self.manager):
            self.assertEqual(
                len(rows.filtered(lambda row, u=user: row.user_id == u)), 3
            )

    def test_who_has_a_collector_keeps_the_collector(self):
        row = self._rows(100)
        self._rule(self.other)

        self._assign()

        self.assertEqual(row.user_id, self.collector)

    def test_rule_whose_collectors_have_left_stops_nothing(self):
        row = self._rows(100)
        row.user_id = False
        gone = self._create_user("gone", "group_dunning_user")
        self._rule(gone, sequence=1)
        team = self.env["account.dunning.team"].create({"name": "Nobody yet"})
        self._rule(self.env["res.users"], team_id=team.id, sequence=2)
        self._rule(self.other, sequence=3)
        gone.active = False
        self.env.invalidate_all()

        self._assign()

        self.assertEqual(row.user_id, self.other)

    def test_daily_job_assigns(self):
        self._item(100, 30)
        self._rule(self.other)

        with self.enter_registry_test_mode():
            self.env.ref(
                "account_dunning_advanced.ir_cron_refresh_debtors"
            ).method_direct_trigger()

        self.assertEqual(self._row().user_id, self.other)

    def test_rule_names_somebody(self):
        with self.assertRaises(ValidationError):
            self._rule(self.env["res.users"])

    def _wizard(self, rows, **values):
        action = rows.with_user(self.collector).action_assign()
        return (
            self.env["account.dunning.assign"]
            .with_user(self.collector)
            .with_context(**action["context"])
            .create(values)
        )

    def test_reassigning_hands_over_the_tasks(self):
        rows = self._rows(100, 200)
        task = rows[0].activity_schedule(
            "mail.mail_activity_data_call", user_id=self.collector.id
        )
        foreign = rows[0].activity_schedule(
            "mail.mail_activity_data_call", user_id=self.manager.id
        )

        self._wizard(rows, mode="user", user_id=self.other.id).action_apply()

        self.assertEqual(rows.user_id, self.other)
        self.assertEqual(task.user_id, self.other)
        self.assertEqual(foreign.user_id, self.manager)

    def test_wizard_spreads_and_follows_rules(self):
        rows = self._rows(100, 200)
        both = self.collector | self.other
        self._wizard(
            rows, mode="spread", user_ids=[Command.set(both.ids)]
        ).action_apply()
        self.assertEqual(rows.user_id, both)

        with self.assertRaises(UserError):
            self._wizard(rows, mode="rules").action_apply()
        self._rule(self.manager)
        self._wizard(rows, mode="rules").action_apply()
        self.assertEqual(rows.user_id, self.manager)

    # --- call mode

    def _next(self, row, action=None):
        """Press the key on a debtor's form; return (debtor, action)."""
        record = row.with_user(self.collector)
        action = record.with_context(
            **((action or {}).get("context") or {})
        ).action_next()
        return self.Debtor.browse(action.get("res_id")), action

    def test_one_key_goes_down_the_worklist(self):
        small, middle, big = self._rows(100, 2000, 30000)

        first, action = self._next(self.Debtor)
        self.assertEqual(first, big)
        self.assertEqual(action["name"], "Worklist (3 left)")
        second, action = self._next(first, action)
        self.assertEqual(second, middle)
        third, action = self._next(second, action)
        self.assertEqual(third, small)
        # at the end it begins anew
        self.assertEqual(self._next(third, action)[0], big)

    def test_debtors_of_nobody_are_called_those_of_colleagues_are_not(self):
        """As the list shows them when it opens."""
        mine, nobodys, others = self._rows(100, 2000, 30000)
        nobodys.user_id = False
        others.user_id = self.other

        first, action = self._next(self.Debtor)

        self.assertEqual(action["name"], "Worklist (2 left)")
        self.assertEqual(first, nobodys)
        self.assertEqual(self._next(first, action)[0], mine)

    def test_who_was_handled_is_not_met_again_today(self):
        small, middle, big = self._rows(100, 2000, 30000)
        first, action = self._next(self.Debtor)
        self._contact(partner=big.partner_id)
        self.env.cr.precommit.run()

        second, action = self._next(first, action)
        self.assertEqual(second, middle)
        middle.next_action_date = self.today + timedelta(days=3)
        third, action = self._next(second, action)
        self.assertEqual(third, small)

        self._contact(partner=small.partner_id)
        self.env.cr.precommit.run()
        self.assertEqual(self._next(third, action)[1]["tag"], "display_notification")

    def test_notice_of_today_is_no_reason_not_to_call(self):
        row = self._rows(100)
        self._contact(
            partner=row.partner_id, channel="email", outcome="sent", by_hand=False
        )
        self.env.cr.precommit.run()

        self.assertEqual(row.last_contact_date, self.today)
        self.assertEqual(self._next(self.Debtor)[0], row)

    def test_place_is_kept_when_the_priority_falls_while_it_is_worked_on(self):
        small, middle, big = self._rows(100, 2000, 30000)
        first, action = self._next(self.Debtor)
        second, action = self._next(first, action)
        self.assertEqual(second, middle)
        # passed the big one over; a hold lets the middle one sink below the small one
        self._hold(middle)

        self.assertEqual(self._next(second, action)[0], small)

    def _hold(self, row):
        self.env["account.dunning.hold"].create(
            {
                "partner_id": row.partner_id.id,
                "company_id": self.company.id,
                "reason": "Asked for time",
                "date_from": self.today,
            }
        )
        self.env.cr.precommit.run()

    def test_on_hold_waits_but_a_reply_is_answered(self):
        row = self._rows(100)
        self._hold(row)
        self.assertEqual(self._next(self.Debtor)[1].get("tag"), "display_notification")

        self.env["account.dunning.reply"].sudo().create(
            {
                "partner_id": row.partner_id.id,
                "company_id": self.company.id,
                "date": "2024-06-14 10:00:00",
                "subject": "Your reminder",
            }
        )
        self.env.cr.precommit.run()

        self.assertEqual(self._next(self.Debtor)[0], row)
        self.assertEqual(row.next_step, "reply")

    def test_noting_the_planned_call_ends_the_plan(self):
        row = self._rows(100)
        row.next_action_date = self.today
        action = row.with_user(self.collector).action_call()
        wizard = (
            self.env["account.dunning.call"]
            .with_user(self.collector)
            .with_context(**action["context"])
            .create({"outcome": "reached"})
        )

        wizard.action_apply()
        self.env.cr.precommit.run()

        self.assertFalse(row.next_action_date)
        self.assertEqual(row.last_contact_date, self.today)

    def test_holding_many_debtors_holds_each_in_its_company(self):
        rows = self._rows(100, 200)
        action = rows.with_user(self.collector).action_hold()
        self.env["account.dunning.hold.create"].with_user(self.collector).with_context(
            **action["context"]
        ).create({"reason": "Flood"}).action_apply()

        holds = self.env["account.dunning.hold"].search([("reason", "=", "Flood")])
        self.assertEqual(holds.partner_id, rows.partner_id)
        self.assertEqual(holds.company_id, self.company)

    # --- strangers

    def test_employee_without_the_group_sees_no_debtors(self):
        row = self._rows(100)
        stranger = new_test_user(
            self.env,
            login="stranger",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for call in (
            lambda: row.with_user(stranger).read(["amount_overdue"]),
            lambda: row.with_user(stranger).action_next(),
            lambda: self.Debtor.with_user(stranger).check_figures(),
            lambda: self.env["account.dunning.absence"].with_user(stranger).search([]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_collector_of_another_company_sees_none_of_it(self):
        self._rows(100)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_test_user(
            self.env,
            login="other_company",
            groups="account_dunning_advanced.group_dunning_user",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        self.assertFalse(self._list(stranger))

    # --- budgets

    def _count_list(self, number):
        self.env.flush_all()
        self.env.invalidate_all()
        specification = {
            "partner_id": {"fields": {"display_name": {}}},
            "amount_overdue": {},
            "priority_text": {},
            "next_step_text": {},
            "stage": {},
            "user_id": {"fields": {"display_name": {}}},
        }
        before = self.env.cr.sql_log_count
        self.Debtor.with_user(self.collector).web_search_read(
            [("amount_overdue", ">", 0), ("is_mine", "=", True)],
            specification,
            limit=number,
        )
        return self.env.cr.sql_log_count - before

    def test_list_costs_the_same_queries_for_two_and_for_twenty(self):
        self._rows(*range(100, 120))
        self._count_list(2)  # warms caches

        few, many = self._count_list(2), self._count_list(20)

        self.assertLessEqual(many, few + 2)
        # a change that needs more queries should be a decision
        self.assertLessEqual(many, 45)

    def test_form_costs_no_more_queries_than_its_budget(self):
        row = self._rows(100).with_user(self.collector)
        fields = [
            node
            for node in row.get_views([(False, "form")])["models"][row._name]["fields"]
            if not row._fields[node].relational
        ]
        row.read(fields)  # warms caches
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count

        row.read(fields)

        self.assertLessEqual(self.env.cr.sql_log_count - before, 90)
