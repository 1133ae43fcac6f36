"""What holds for any ledger, tried on random ones.

Hypothesis makes small ledgers with credits, part payments, two currencies and items
that stand at any level, runs them, disturbs them between approval and issue, and
checks the promises of the design. A failure is printed with the smallest ledger that
shows it.
"""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

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
            # the company's currency, and others of two decimals, none and three
            "foreign": st.sampled_from([None, None, "EUR", "JPY", "KWD"]),
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
# What levels charge: interest, a fee, for each item or notice, billed when.
CHARGES = st.fixed_dictionaries(
    {
        "interest": st.booleans(),
        "method": st.sampled_from(["fixed", "percent", "tiers"]),
        "basis": st.sampled_from(["notice", "item"]),
        "posting": st.sampled_from(["post", "post", "when_paid", "show"]),
        # percent on fee and on interest, in or on top of the price, rounded how
        "taxes": st.tuples(*[st.sampled_from([0, 7, 19])] * 2),
        "tax_included": st.booleans(),
        "rounding": st.sampled_from(["round_per_line", "round_globally"]),
    }
)
# What is decided on charge number n after the issue, long after: at another rate.
DECISIONS = st.lists(
    st.tuples(st.sampled_from(["waive", "waive", "reinstate"]), st.integers(0, 9)),
    max_size=6,
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
        cls.foreign = {
            name: cls.setup_other_currency(
                name, rates=[("2020-01-01", rate), ("2024-07-01", 1.85 * rate)]
            )
            for name, rate in (("EUR", 2.0), ("JPY", 110.0), ("KWD", 0.31))
        }
        cls.rate = cls._create_rate()

    @classmethod
    def _create_rate(cls):
        """Return an interest rule whose rate changes often: items have stretches."""
        days = (date(2020, 1, 1), date(2024, 4, 5), date(2024, 5, 20), date(2024, 6, 9))
        rate = cls.env["account.dunning.rate"].create(
            {
                "name": "Restless",
                "code": "restless",
                "value_ids": [
                    Command.create({"date_from": day, "rate": 7.13 + 2.29 * number})
                    for number, day in enumerate(days)
                ],
            }
        )
        return cls.env["account.dunning.interest"].create(
            {
                "name": "Restless",
                "code": "restless",
                "mode": "daily",
                "rate_id": rate.id,
                "for_company": True,
            }
        )

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
        currency = self.foreign.get(item["foreign"], self.company.currency_id)
        price = max(currency.round(item["cents"] / 100), currency.rounding)
        return {
            "move_type": "out_refund" if item["credit"] else "out_invoice",
            "partner_id": self.debtors[item["debtor"]].id,
            "currency_id": currency.id,
            "invoice_date": min(due, date(2024, 6, 1)),
            "invoice_date_due": due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [
                Command.create({"name": "x", "price_unit": price, "tax_ids": []})
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
            lowered = run.change_ids.filtered(lambda c: c.kind == "level")
            for line in issued:
                level, amount = plan[line.move_line_id]
                if line.move_line_id in lowered.move_line_id:
                    self.assertLess(line.level_id._get_rank(), level._get_rank())
                else:
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

    def _set_charges(self, charges):
        tax = self.company_data["default_tax_sale"]
        self.company.write(
            {
                "country_id": self.env.ref("base.de").id,
                "account_fiscal_country_id": tax.country_id.id,
                "tax_calculation_rounding_method": charges["rounding"],
                "dunning_charge_journal_id": self.company_data[
                    "default_journal_sale"
                ].id,
            }
        )
        included = "tax_included" if charges["tax_included"] else "tax_excluded"
        for kind, percent in zip(("fee", "interest"), charges["taxes"], strict=True):
            taxes = percent and tax.copy(
                {
                    "name": f"{kind} {percent}",
                    "amount": percent,
                    "price_include_override": included,
                }
            )
            self.company[f"dunning_{kind}_product_id"] = self.env.ref(
                f"account_dunning_advanced.product_{kind}"
            ).copy({"taxes_id": [Command.set(taxes.ids if taxes else [])]})
        self.policy.interest_id = self.rate
        self.env["account.dunning.terms"].create(
            {"company_id": self.company.id, "clause": "x"}
        )
        fee = self.env["account.dunning.charge"].create(
            {
                "name": "Fee",
                "code": "random",
                "currency_id": self.company.currency_id.id,
                "method": charges["method"],
                "basis": charges["basis"],
                "amount": 3.33,
                "rate": 1.7,
                "max_amount": 0 if charges["method"] == "fixed" else 44.44,
                "band_ids": [
                    Command.create({"amount_from": 0, "amount": 1.11, "rate": 0.3}),
                    Command.create({"amount_from": 100, "amount": 7.77}),
                ],
            }
        )
        self.policy.charge_posting = charges["posting"]
        self.policy.level_ids.write(
            {"charge_interest": charges["interest"], "charge_ids": fee.ids}
        )

    def _get_trial_balance(self):
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """SELECT account_id, currency_id, SUM(balance), SUM(amount_currency)
                     FROM account_move_line
                    WHERE company_id = %s AND parent_state = 'posted'
                    GROUP BY 1, 2
                   HAVING SUM(balance) != 0 OR SUM(amount_currency) != 0""",
                self.company.id,
            )
        )
        # Matching parts of a bill in another currency, Odoo books a cent as gained with
        # one part and as lost with the next: they are one.
        exchange = (
            self.company.income_currency_exchange_account_id
            | self.company.expense_currency_exchange_account_id
        )
        totals = defaultdict(lambda: [Decimal(0), Decimal(0)])
        for account_id, currency_id, balance, amount in rows:
            key = "exchange" if account_id in exchange.ids else account_id
            totals[key, currency_id][0] += Decimal(str(balance))
            totals[key, currency_id][1] += Decimal(str(amount))
        return {key: total for key, total in totals.items() if any(total)}

    def assertChargesAddUp(self, notice):
        """What is explained, shown on the lines, totalled and billed is one amount."""
        live = notice.charge_ids.filtered(
            lambda c: c.state in ("shown", "waiting", "posted")
        )
        lines = notice.line_ids.filtered(lambda line: line.state == "issued")
        for kinds, field in (
            (("interest",), "amount_interest"),
            (("fee", "lump_sum"), "amount_fee"),
        ):
            explained = sum(live.filtered(lambda c: c.kind in kinds).mapped("amount"))  # noqa: B023
            self.assertAlmostEqual(notice[field], explained)
            self.assertAlmostEqual(sum(lines.mapped(field)), explained)
        posted = live.filtered(lambda c: c.state == "posted")
        billed = sum(
            -move.amount_total if move.move_type == "out_refund" else move.amount_total
            for move in notice.charge_credit_ids
        )
        self.assertAlmostEqual(billed, sum(posted.mapped("amount")))
        for move in notice.charge_credit_ids:
            self.assertEqual(move.currency_id, notice.currency_id)
            self.assertEqual(move.state, "posted")
        self.assertTrue(all(charge.explanation for charge in notice.charge_ids))

    def _decide(self, notices, decision, number):
        """Waive one of the charges, or bring back what one credit note took."""
        states = {"waive": ("shown", "waiting", "posted"), "reinstate": ("waived",)}
        charges = notices.charge_ids.filtered(lambda c: c.state in states[decision])
        charge = charges[number % len(charges)] if charges else charges
        if not charge:
            return
        if decision == "waive":
            charge._waive("goodwill")
        else:
            charge._get_waived_together().action_reinstate()

    def test_charges_posted_are_charges_explained_and_reversing_restores_the_books(
        self,
    ):
        def body(items, policy, events, charges, decisions):
            lines = self._make_ledger(items, policy)
            self._set_charges(charges)
            run = self._run()
            run.action_approve()
            self._disturb(lines, events)
            before = self._get_trial_balance()
            days = {line: line.dunning_interest_date for line in lines}

            run.action_issue()

            self.assertFalse(run.failed_count)
            issued = run.notice_ids.filtered(lambda n: n.state == "issued")
            for notice in issued:
                self.assertChargesAddUp(notice)
            for decision in decisions:
                self._decide(issued, *decision)
                for notice in issued:
                    self.assertChargesAddUp(notice)
            if issued:
                run.action_reverse()
            self.assertEqual(self._get_trial_balance(), before)
            self.assertEqual({line: line.dunning_interest_date for line in lines}, days)

        TRIES(
            given(
                items=ITEMS,
                policy=POLICY,
                events=EVENTS,
                charges=CHARGES,
                decisions=DECISIONS,
            )(self._each(body))
        )()
