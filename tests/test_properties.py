"""What holds for any ledger, tried on random ones.

Hypothesis makes small ledgers with credits, part payments, two currencies and items
that stand at any level, runs them, disturbs them between approval and issue, and
checks the promises of the design. A failure is printed with the smallest ledger that
shows it.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.sql import SQL

from odoo.addons.account_dunning_advanced.tests.common import DAY, DunningCommon

CENTS = st.integers(min_value=1, max_value=50_000)
ITEMS = st.lists(
    st.fixed_dictionaries(
        {
            "debtor": st.integers(0, 2),
            "cents": CENTS,
            # days since the due date, on the day of the run
            "days": st.integers(-20, 120),
            "credit": st.sampled_from([False, False, False, True]),
            "foreign": st.booleans(),
            "level": st.integers(0, 3),
            "days_since_notice": st.integers(0, 40),
            "no_followup": st.sampled_from([False] * 5 + [True]),
        }
    ),
    min_size=1,
    max_size=10,
)
POLICY = st.fixed_dictionaries(
    {
        "netting": st.sampled_from(["debtor", "debtor", "none"]),
        "raise_mode": st.sampled_from(["step", "due"]),
        "minimums": st.tuples(*[st.sampled_from([0, 0, 50, 200])] * 3),
        "min_percent": st.sampled_from([0, 0, 25]),
    }
)
# What may happen to item number n between approval and issue.
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["pay", "pay half", "exclude", "credit", "draft"]),
    ),
    max_size=4,
)
# How many ledgers; each is made through the ORM and takes about half a second.
TRIES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@tagged("post_install", "-at_install")
class TestProperties(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.debtors = [cls._create_debtor(f"Random {n}") for n in range(3)]
        cls.foreign = cls.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])

    def _make_ledger(self, items, policy):
        """Write a random ledger; return its receivable lines in the order given."""
        self.policy.write(
            {"netting": policy["netting"], "raise_mode": policy["raise_mode"]}
        )
        for level, minimum in zip(
            self.policy.level_ids, policy["minimums"], strict=True
        ):
            level.write({"min_amount": minimum, "min_percent": policy["min_percent"]})
        moves = self.env["account.move"].create(
            [self._prepare_move(item) for item in items]
        )
        moves.action_post()
        for move, item in zip(moves, items, strict=True):
            line = self._get_items(move)
            if item["level"] and not item["credit"]:
                line.write(
                    {
                        "dunning_level_id": self.policy.level_ids[item["level"] - 1].id,
                        "dunning_date": DAY - timedelta(days=item["days_since_notice"]),
                    }
                )
            if item["no_followup"]:
                move.no_followup = True
        return [self._get_items(move) for move in moves]

    def _prepare_move(self, item):
        due = DAY - timedelta(days=item["days"])
        currency = self.foreign if item["foreign"] else self.company.currency_id
        return {
            "move_type": "out_refund" if item["credit"] else "out_invoice",
            "partner_id": self.debtors[item["debtor"]].id,
            "currency_id": currency.id,
            "invoice_date": min(due, date(2024, 6, 1)),
            "invoice_date_due": due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [
                Command.create(
                    {"name": "x", "price_unit": item["cents"] / 100, "tax_ids": []}
                )
            ],
        }

    def _disturb(self, lines, events):
        """Let the given things happen to the ledger."""
        for index, event in events:
            line = lines[index % len(lines)]
            if line.parent_state != "posted" or line.reconciled:
                continue
            if line.amount_residual <= 0:
                continue
            if event == "pay":
                self._pay(line, line.amount_residual_currency)
            elif event == "pay half":
                half = line.currency_id.round(line.amount_residual_currency / 2)
                if half:
                    self._pay(line, half)
            elif event == "exclude":
                line.move_id.no_followup = True
            elif event == "credit":
                self._create_credit(
                    line.amount_residual_currency,
                    line.partner_id,
                    currency=line.currency_id,
                )
            elif event == "draft" and not line.amount_currency - abs(
                line.amount_residual_currency
            ):
                line.move_id.button_draft()

    def _each(self, body):
        """Run a body in a savepoint that is rolled back, for each random ledger."""

        def run(**drawn):
            with self.env.cr.savepoint() as savepoint:
                self.env.invalidate_all()
                try:
                    body(**drawn)
                finally:
                    self.env.flush_all()
                    savepoint.rollback()
                    self.env.invalidate_all(flush=False)

        return run

    def _get_owed(self):
        """Return {(debtor, currency): what is owed less open credits, at least 0}."""
        rows = self.env.execute_query(
            SQL(
                """SELECT partner_id, currency_id, SUM(amount_residual_currency)
                     FROM account_move_line
                    WHERE account_id = %s AND parent_state = 'posted'
                      AND reconciled IS NOT TRUE GROUP BY 1, 2""",
                self.company_data["default_account_receivable"].id,
            )
        )
        return {(partner, currency): amount for partner, currency, amount in rows}

    def assertNotAboveOwed(self, lines):
        """The sum asked of a debtor is never above what the debtor owes."""
        asked = defaultdict(float)
        for line in lines:
            asked[line.notice_id.partner_id.id, line.currency_id.id] += (
                line.amount_dunned
            )
        owed = self._get_owed()
        for key, amount in asked.items():
            self.assertLessEqual(round(amount, 2), round(float(owed.get(key, 0)), 2))

    def test_simulation_equals_proposal(self):
        def body(items, policy):
            self._make_ledger(items, policy)
            simulated = Counter(
                (
                    row["move_line_id"],
                    row["reason"],
                    row["level_id"] or False,
                    row["amount_dunned"],
                )
                for row in self.policy.simulate(DAY)
            )
            proposed = Counter(
                (
                    verdict.move_line_id.id,
                    verdict.reason,
                    verdict.level_id.id,
                    verdict.amount_dunned,
                )
                for verdict in self._run().verdict_ids
            )
            self.assertEqual(
                {(*key[:3], round(float(key[3]), 2)) for key in simulated},
                {(*key[:3], round(float(key[3]), 2)) for key in proposed},
            )

        TRIES(given(items=ITEMS, policy=POLICY)(self._each(body)))()

    def test_every_open_item_has_exactly_one_verdict(self):
        def body(items, policy):
            lines = self._make_ledger(items, policy)
            expected = Counter(
                line.id for line in lines if line.amount_residual_currency > 0
            )

            verdicts = self._run().verdict_ids

            self.assertEqual(Counter(verdicts.move_line_id.ids), expected)
            self.assertEqual(len(verdicts), len(expected))
            for verdict in verdicts:
                self.assertTrue(verdict.explanation)
                self.assertEqual(bool(verdict.amount_dunned), verdict.reason == "dun")

        TRIES(given(items=ITEMS, policy=POLICY)(self._each(body)))()

    def test_what_is_issued_is_a_part_of_the_plan_and_is_owed(self):
        def body(items, policy, events):
            lines = self._make_ledger(items, policy)
            run = self._run()
            plan = {
                line.move_line_id: (line.level_id, line.amount_dunned)
                for line in run.notice_ids.line_ids
            }
            if policy["netting"] == "debtor":
                self.assertNotAboveOwed(run.notice_ids.line_ids)
            run.action_approve()
            self._disturb(lines, events)

            run.action_issue()

            issued = run.notice_ids.line_ids.filtered(
                lambda line: line.state == "issued"
            )
            for line in issued:
                level, amount = plan[line.move_line_id]
                self.assertEqual(line.level_id, level)
                self.assertLessEqual(line.amount_dunned, amount)
                self.assertGreater(line.amount_dunned, 0)
                self.assertLessEqual(
                    line.amount_dunned, line.move_line_id.amount_residual_currency
                )
            if policy["netting"] == "debtor":
                self.assertNotAboveOwed(issued)
            told = run.change_ids.move_line_id
            for item in set(plan) - set(issued.move_line_id):
                self.assertIn(item, told)
            for notice in run.notice_ids.filtered(lambda n: n.state == "issued"):
                kept = notice.line_ids.filtered(lambda line: line.state == "issued")
                self.assertAlmostEqual(
                    notice.amount_total, sum(kept.mapped("amount_dunned"))
                )

        TRIES(given(items=ITEMS, policy=POLICY, events=EVENTS)(self._each(body)))()

    def test_second_run_of_a_day_adds_nothing_and_reversal_restores(self):
        def body(items, policy):
            lines = self._make_ledger(items, policy)
            before = [(line.dunning_level_id, line.dunning_date) for line in lines]
            run = self._run(issue=True)

            again = self._run()

            # what a credit or a minimum let through once may not come up anew
            dunned = run.notice_ids.line_ids.move_line_id
            self.assertFalse(dunned & again.notice_ids.line_ids.move_line_id)
            run.action_reverse()
            after = [(line.dunning_level_id, line.dunning_date) for line in lines]
            self.assertEqual(after, before)

        TRIES(given(items=ITEMS, policy=POLICY)(self._each(body)))()
