from datetime import date, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestLadder(DunningCommon):
    """On which day which level comes, as date tables."""

    def _levels_over(self, item, days, **run_values):
        """Issue a run on each day after DAY; return the level names given."""
        given = []
        for offset in days:
            before = item.dunning_date
            self._run(DAY + timedelta(days=offset), issue=True, **run_values)
            given.append(
                item.dunning_level_id.name if item.dunning_date != before else None
            )
        return given

    def test_levels_come_one_at_a_time_on_their_days(self):
        item = self._create_item(100, 0)
        one, two, three = self.policy.level_ids.mapped("name")
        table = {6: None, 7: one, 20: None, 21: two, 34: None, 35: three, 90: None}

        self.assertEqual(self._levels_over(item, table), list(table.values()))

    def test_old_debt_climbs_a_step_an_interval(self):
        item = self._create_item(100, 120)
        one, two, three = self.policy.level_ids.mapped("name")
        table = {0: one, 1: None, 6: None, 7: two, 13: None, 14: three}

        self.assertEqual(self._levels_over(item, table), list(table.values()))

    def test_policy_may_climb_straight_to_what_is_due(self):
        self.policy.raise_mode = "due"
        for days, level in ((7, self.first), (25, self.second), (99, self.last)):
            with self.subTest(days=days):
                item = self._create_item(100, days)
                self.assertEqual(self.assertReason(item, "dun").level_id, level)

    def test_reminder_before_the_due_date(self):
        self.first.delay_days = -3
        item = self._create_item(100, -3)

        self.assertReason(item, "not_due", DAY - timedelta(days=1))
        self.assertEqual(self.assertReason(item, "dun").days_overdue, 0)

    def test_days_count_from_the_end_of_the_month(self):
        self.first.write({"day_basis": "eom", "delay_days": 5})
        for due, first_day in (
            (date(2024, 2, 1), date(2024, 3, 5)),
            (date(2024, 2, 29), date(2024, 3, 5)),
            (date(2023, 12, 31), date(2024, 1, 5)),
        ):
            with self.subTest(due=due):
                item = self._create_item(100, 0, day=due)
                self.assertReason(item, "not_due", first_day - timedelta(days=1))
                self.assertReason(item, "dun", first_day)

    def test_days_count_from_the_previous_notice(self):
        self.second.write({"day_basis": "notice", "delay_days": 3, "interval_days": 0})
        item = self._create_item(100, 60)
        self._run(issue=True)

        self.assertReason(item, "not_yet", DAY + timedelta(days=2))
        self.assertReason(item, "dun", DAY + timedelta(days=3))

    def test_never_twice_on_one_day_even_without_interval(self):
        self.policy.level_ids.interval_days = 0
        item = self._create_item(100, 120)
        self._run(issue=True)

        self.assertReason(item, "interval")
        self.assertReason(item, "dun", DAY + timedelta(days=1))

    def test_cap_keeps_an_item_below_a_level(self):
        item = self._create_item(100, 120)
        item.dunning_max_level_id = self.first
        self._run(issue=True)

        self.assertReason(item, "top_level", DAY + timedelta(days=30))

    def test_ladder_goes_on_where_another_policy_left_it(self):
        item = self._create_item(100, 120)
        self._run(issue=True)
        other = self._create_policy("Other", delays=(1, 2, 3))
        self.debtor.dunning_policy_id = other

        verdict = self.assertReason(item, "dun", DAY + timedelta(days=30))

        self.assertEqual(verdict.level_id, other.level_ids[1])

    def test_archived_level_still_counts_as_a_step(self):
        item = self._create_item(100, 120)
        self._run(issue=True)
        self.first.active = False

        # the steps above the archived one are the two that are left
        verdict = self.assertReason(item, "dun", DAY + timedelta(days=30))

        self.assertEqual(verdict.level_id, self.second)

    def test_restart_begins_anew(self):
        item = self._create_item(100, 120)
        self._run(issue=True)

        item.with_user(self.manager).action_dunning_restart()

        self.assertEqual(self.assertReason(item, "dun").level_id, self.first)
        self._run(issue=True)
        self.assertEqual(item.dunning_level_id, self.first)
        self.assertEqual(item.dunning_cycle, 1)

    def test_new_level_waits_its_distance_or_a_week(self):
        policy = self.env["account.dunning.policy"].create({"name": "Plain"})
        Level = self.env["account.dunning.level"]
        levels = Level
        for delay in (5, 8, 30):
            levels |= Level.create(
                {"policy_id": policy.id, "name": str(delay), "delay_days": delay}
            )

        self.assertEqual(levels.mapped("interval_days"), [0, 3, 7])

    def test_later_level_cannot_come_earlier(self):
        with self.assertRaises(ValidationError):
            self.last.delay_days = 3

    def test_level_counted_from_a_notice_is_not_jumped_to(self):
        self.policy.raise_mode = "due"
        self.last.write({"day_basis": "notice", "delay_days": 10})
        item = self._create_item(100, 90)

        # the second level has not been given, so nothing counts from it yet
        self.assertEqual(self.assertReason(item, "dun").level_id, self.second)
