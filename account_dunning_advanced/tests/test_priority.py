import random
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..engine import priority as engine
from ..engine.priority import MEASURES
from .test_debtor_figures import WorklistCommon

CENTS = (0, 0.01, 0.05, 12.34, 99.995, 150, 1234.56, 90000, 1e7)


@tagged("post_install", "-at_install")
class TestPriority(WorklistCommon):
    """The worklist is ranked by points that a person can add up."""

    def _random_rules(self, dice):
        """Replace the rules by random ones, several for a measure."""
        Rule = self.env["account.dunning.priority.rule"]
        Rule.search([]).active = False
        return Rule.create(
            [
                {
                    "name": f"{measure} {number}",
                    "measure": measure,
                    "points": round(dice.uniform(-50, 50), 2),
                    "unit": dice.choice([0.03, 1, 2, 3, 7, 100, 1000]),
                    "least": dice.choice([0, 0, 1, 7, 50.5]),
                    "most": dice.choice([0, 0, 10, 60.25]),
                }
                for number in range(2)
                for measure in MEASURES
            ]
        )

    def _random_row(self, dice, partner):
        """Set a row's figures as the refresh could have set them."""
        row = self.Debtor.create(
            {"partner_id": partner.id, "company_id": self.company.id}
        )
        day = self.today - timedelta(days=dice.randrange(3))

        def some_day():
            return dice.choice([None, day - timedelta(days=dice.randrange(-20, 400))])

        self.env.cr.execute(
            """UPDATE account_dunning_debtor
                  SET amount_overdue = %s, amount_disputed = %s, amount_promised = %s,
                      amount_credit = %s,
                      broken_promise_count = %s, reply_count = %s, level_rank = %s,
                      is_stopped = %s, last_contact_date = %s, next_contact_date = %s,
                      date_oldest_due = %s, date_figures = %s
                WHERE id = %s""",
            [
                *(dice.choice(CENTS) for _amount in range(4)),
                *(dice.choice([None, 0, 1, 2, 9]) for _count in range(3)),
                dice.choice([None, False, True]),
                some_day(),
                some_day(),
                some_day(),
                day,
                row.id,
            ],
        )
        return row

    def test_parts_add_up_to_what_is_stored(self):
        dice = random.Random(20240614)
        partners = self.env["res.partner"].create(
            [{"name": f"Random {number}"} for number in range(150)]
        )
        rows = self.Debtor.union(
            *(self._random_row(dice, partner) for partner in partners)
        )
        for _round in range(4):
            self._random_rules(dice)
            self.env.invalidate_all()
            rules = self.env["account.dunning.priority.rule"]._get_rules(self.company)
            for row in rows:
                parts = engine.explain(rules, row._get_measure_values())
                self.assertEqual(
                    round(row.priority, 2),
                    float(sum(part.points for part in parts)),
                    parts,
                )
                self.assertIn(
                    str(sum(part.points for part in parts)), row.priority_breakdown
                )
        self.assertGreater(len(set(rows.mapped("priority"))), 100)

    def test_refresh_gives_the_same_points_as_the_explanation(self):
        item = self._item(90000, 21)
        self._item(1234.56, 80, self._create_debtor("Other"))
        promise = self._promise(item, 500, days=0)
        promise._set_state("broken", self.today)
        self._row(self._create_debtor("Owes nothing"))

        other = self.env["res.partner"].search([("name", "=", "Other")])
        for row in (self._row(), self._row(other)):
            parts = engine.explain(
                self.env["account.dunning.priority.rule"]._get_rules(self.company),
                row._get_measure_values(),
            )
            self.assertEqual(row.priority, float(sum(part.points for part in parts)))
        self.assertNoFaults()

    def test_priority_is_said_in_words(self):
        item = self._item(90000, 21)
        for _number in range(2):
            self._promise(item, 500, days=0)._set_state("broken", self.today)
        self._contact(21, channel="letter")

        text = self._row().with_user(self.collector).priority_text

        self.assertEqual(
            text, "$\xa090,000 overdue · 2 broken promises · 21 days without contact"
        )

    def test_priority_is_said_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self._item(90000, 21)

        text = self._row().with_context(lang="de_DE").priority_text

        self.assertIn("90.000", text)

    def test_big_amounts_come_first(self):
        small, big = self._create_debtor("Small"), self._create_debtor("Big")
        self._item(500, 90, small)
        self._item(50000, 2, big)
        self._row(small)
        self._row(big)

        rows = self.Debtor.with_user(self.collector).search(
            [("partner_id", "in", (small | big).ids)]
        )

        self.assertEqual(rows.mapped("partner_id.name"), ["Big", "Small"])

    def test_who_has_paid_but_is_not_matched_is_not_called(self):
        self._item(90000, 21)
        self._create_credit(90000, day=self.today)
        row = self._row()
        row.user_id = self.collector

        self.assertRecordValues(row, [{"stage": "covered", "next_step": "match"}])
        self.assertNotIn("90,000", row.priority_text)
        self.assertEqual(
            row.with_user(self.collector).browse().action_start()["tag"],
            "display_notification",
        )
        self.assertNoFaults()

    def test_managers_weigh_anew_and_the_worklist_follows(self):
        self._item(1000, 30)
        row = self._row()
        before = row.priority
        rule = self.env.ref(
            "account_dunning_advanced.account_dunning_priority_rule_overdue"
        )

        rule.with_user(self.manager).points = 2

        self.assertEqual(row.priority, before + 10)
        self.assertNoFaults()
        with self.assertRaises(AccessError):
            rule.with_user(self.collector).points = 3

    def test_rule_of_a_company_is_for_it_alone(self):
        self._item(1000, 30)
        row = self._row()
        before = row.priority
        other = self.env["res.company"].create({"name": "Elsewhere"})

        self.env["account.dunning.priority.rule"].create(
            {"name": "There", "measure": "overdue", "company_id": other.id}
        )

        self.assertEqual(row.priority, before)


@tagged("post_install", "-at_install")
class TestLevelOutcome(WorklistCommon):
    """What a next notice may bring is told from the company's own history."""

    def _refresh_outcome(self, level):
        Outcome = self.env["account.dunning.level.outcome"]
        Outcome._refresh(self.company)
        return Outcome.search([("level_id", "=", level.id)])

    def test_money_that_came_in_time_is_the_outcome_of_a_notice(self):
        day = self.today - timedelta(days=60)
        items = [
            self._create_item(100, 20, self._create_debtor(f"Past {number}"), day=day)
            for number in range(3)
        ]
        self._run(day, issue=True)
        self._pay(items[0], 100, day=day + timedelta(days=10))
        self._pay(items[1], 40, day=day + timedelta(days=30))
        self._pay(items[2], 100, day=day + timedelta(days=31))

        self.assertRecordValues(
            self._refresh_outcome(self.first),
            [{"case_count": 3, "amount_asked": 300, "amount_paid": 140}],
        )

    def test_fresh_notices_are_no_history_yet(self):
        day = self.today - timedelta(days=29)
        self._create_item(100, 20, day=day)
        self._run(day, issue=True)

        self.assertFalse(self._refresh_outcome(self.first))

    def test_with_little_history_it_says_so(self):
        self._item(100, 3)

        row = self._row().with_user(self.collector)

        self.assertEqual(row.expected_amount, 0)
        self.assertIn("Too little history", row.expected_text)

    def test_share_paid_within_thirty_days_of_the_level(self):
        self.env["account.dunning.level.outcome"].sudo().create(
            {
                "company_id": self.company.id,
                "level_id": self.first.id,
                "case_count": 40,
                "amount_asked": 4000,
                "amount_paid": 1000,
            }
        )
        self._item(200, 3)

        row = self._row().with_user(self.collector)

        self.assertEqual(row.expected_amount, 50)
        self.assertIn("25 %", row.expected_text)
        self.assertIn("40 notices", row.expected_text)

    def _remember(self, level, share):
        self.env["account.dunning.level.outcome"].sudo().create(
            {
                "company_id": self.company.id,
                "level_id": level.id,
                "case_count": 40,
                "amount_asked": 4000,
                "amount_paid": 4000 * share,
            }
        )

    def test_what_is_not_asked_for_is_not_expected(self):
        self._remember(self.first, 0.25)
        item = self._item(200, 3)
        self._item(100, 3)
        self._create_credit(40, day=self.today)
        row = self._row()
        self.assertEqual(row.expected_amount, 65)

        self._dispute(item, 200)
        self.env.cr.precommit.run()
        self.assertEqual(row.expected_amount, 15)

        self._create_credit(300, day=self.today)
        self.env.cr.precommit.run()
        self.assertEqual(row.stage, "covered")
        self.assertRecordValues(row, [{"expected_amount": 0, "expected_text": False}])

    def test_customers_own_policy_says_which_level_comes(self):
        own = self._create_policy("Key accounts")
        self.debtor.with_company(self.company).dunning_policy_id = own
        self._remember(self.first, 0.25)
        self._remember(own.level_ids[0], 0.5)
        self._item(200, 3)

        self.assertEqual(self._row().expected_amount, 100)
