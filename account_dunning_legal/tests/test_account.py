from datetime import date, timedelta
from fractions import Fraction
from math import floor

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import TODAY, LegalCommon

ONE_DAY = timedelta(days=1)

# === THE LAWS' FIGURES A SECOND TIME === #
# Walked day by day with fractions; shares no code with the addon.


def kr_rate(_day):
    return Fraction(6, 366 if _day.year % 4 == 0 else 365)


def jp_rate(_day):
    return Fraction(3, 365)


def de_rate(day):
    rate = Fraction("12.12") if day < date(2024, 1, 1) else Fraction("12.62")
    return rate / (366 if day.year % 4 == 0 else 365)


def fr_rate(day):
    return (Fraction(14) if day < date(2024, 1, 1) else Fraction("14.5")) / 365


def gb_rate(_day):
    return Fraction(13, 365)  # fixed when it began to run, in H2 2023


COUNTRIES = {
    "kr": ("interest_kr_commercial", kr_rate),
    "jp": ("interest_jp_legal", jp_rate),
    "de": ("interest_de_b2b", de_rate),
    "fr": ("interest_fr_b2b", fr_rate),
    "gb": ("interest_gb_b2b", gb_rate),
}


def cents(value):
    return Fraction(floor(value * 100 + Fraction(1, 2)), 100)


def walk(amount, due, payments, costs, last, rate, order):
    """Return {part: what is left} at the end of the last day.

    Interest is entered, and rounded, at each event and each change of the rate; what
    rounding lost at a change of the rate is carried on to the next event.
    """
    left = {"principal": Fraction(amount), "interest": Fraction(0), "cost": Fraction(0)}
    day, run, entered = due, Fraction(0), Fraction(0)
    while day < last:
        day += ONE_DAY
        run += left["principal"] * rate(day) / 100
        cost = sum(amount for when, amount in costs if when == day)
        paid = sum(amount for when, amount in payments if when == day)
        is_event = bool(cost or paid or day == last)
        if is_event or rate(day + ONE_DAY) != rate(day):
            left["interest"] += cents(run) - entered
            entered = cents(run)
        if is_event:
            run = entered = Fraction(0)
        left["cost"] += cost
        for part in order:
            share = min(paid, left[part])
            left[part] -= share
            paid -= share
        left["principal"] -= paid
    return left


@tagged("post_install", "-at_install")
class TestAccount(LegalCommon):
    def _charge(self, case, kind, amount, day):
        return self.env["account.legal.claim"].create(
            {"case_id": case.id, "date": day, "kind": kind, "amount": amount}
        )

    def _set_interest(self, case, code):
        case.interest_id = self.env.ref(f"account_dunning_advanced.{code}")

    def _open_in(self, country, item):
        """Open a case in a country's payment order and by its interest."""
        way = f"account_dunning_legal.account_legal_procedure_{country}"
        self.procedure.payment_order_id = self.env.ref(way).payment_order_id
        case = self._open_case(item, self.clerk)
        self._set_interest(case, COUNTRIES[country][0])
        return case

    # === WORDS === #

    def test_entries_are_noted_in_the_language_of_the_print(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.debtor.lang = "de_DE"
        case = self._open_in("de", self._create_top_item(1000, 90))

        case.action_charge_interest()
        interest = case.claim_ids.filtered(lambda event: event.kind == "interest")
        self._pay(case.move_line_ids, 400, TODAY - timedelta(days=10))

        self.assertNotEqual(self.env.lang, "de_DE")
        self.assertIn(": 12,62 % von $\xa01.000,00, ", interest[:1].note)
        self.assertIn("Storno von ", interest.reversed_by_ids[:1].note)

    # === GOLDEN CASES === #

    def test_account_of_five_countries_with_part_payments(self):
        due_in_days = (TODAY - date(2023, 10, 15)).days
        payments = [
            (date(2023, 12, 20), 4_000),
            (date(2024, 2, 29), 150),
            (date(2024, 4, 2), 2_500),
        ]
        cost_day = date(2024, 3, 1)
        for country, (_interest, rate) in COUNTRIES.items():
            with self.subTest(country=country):
                item = self._create_top_item(10_000, due_in_days)
                self.assertEqual(item.date_maturity, date(2023, 10, 15))
                case = self._open_in(country, item)
                for day, amount in payments:
                    self._pay(item, amount, day)
                self._charge(case, "cost", 141.5, cost_day)

                case.action_charge_interest()

                order = [kind for kind in case._get_payment_order() if kind != "fee"]
                expected = walk(
                    10_000,
                    date(2023, 10, 15),
                    payments,
                    [(cost_day, Fraction("141.5"))],
                    TODAY,
                    rate,
                    order,
                )
                balance = case.claim_balance(TODAY)
                for part, left in expected.items():
                    self.assertAlmostEqual(balance[part], float(left), 2, part)
                self.assertEqual(
                    len(case.claim_ids.filtered(lambda e: e.kind == "payment")), 3
                )

    def test_balance_may_be_read_from_a_replica(self):
        case = self._open_in("de", self._create_top_item(10_000, 200))
        expected = case.claim_balance(TODAY)

        with self._readOnly():
            self.assertEqual(case.claim_balance(TODAY), expected)

    def test_claim_and_ledger_differ_by_what_the_ledger_does_not_know(self):
        item = self._create_top_item(10_000, 200)
        case = self._open_in("de", item)
        self._charge(case, "cost", 38, TODAY - timedelta(days=50))
        self._pay(item, 1_234.56, TODAY - timedelta(days=20))
        case.action_charge_interest()

        not_posted = sum(
            event.amount
            for event in case.claim_ids
            if event.kind in ("interest", "cost")
        )
        self.assertAlmostEqual(
            case.claim_balance(TODAY)["total"], case.amount_items + not_posted, 2
        )

    # === INTEREST === #

    def test_interest_is_charged_once(self):
        case = self._open_in("kr", self._create_top_item(10_000, 100))
        case.action_charge_interest()
        balance = case.claim_balance(TODAY)

        case.action_charge_interest()

        self.assertEqual(case.claim_balance(TODAY), balance)
        self.assertTrue(balance["interest"])

    def test_late_matched_payment_recomputes_the_interest(self):
        early, late = (self._create_top_item(10_000, 100) for _item in range(2))
        paid_on = TODAY - timedelta(days=40)
        first = self._open_in("kr", early)
        self._pay(early, 3_000, paid_on)
        first.action_charge_interest()

        second = self._open_in("kr", late)
        second.action_charge_interest()
        self._pay(late, 3_000, paid_on)

        self.assertEqual(second.claim_balance(TODAY), first.claim_balance(TODAY))

    def test_payment_that_came_back_has_never_stopped_the_interest(self):
        unpaid, bounced = (self._create_top_item(10_000, 100) for _item in range(2))
        first = self._open_in("kr", unpaid)
        first.action_charge_interest()

        second = self._open_in("kr", bounced)
        self._pay(bounced, 3_000, TODAY - timedelta(days=40))
        second.action_charge_interest()
        self.assertLess(
            second.claim_balance(TODAY)["interest"],
            first.claim_balance(TODAY)["interest"],
        )
        bounced.remove_move_reconcile()

        self.assertEqual(second.claim_balance(TODAY), first.claim_balance(TODAY))

    def test_payment_of_today_leaves_the_interest_as_it_is(self):
        item = self._create_top_item(10_000, 100)
        case = self._open_in("kr", item)
        case.action_charge_interest()
        events = case.claim_ids

        self._pay(item, 100, TODAY)

        self.assertEqual(len(case.claim_ids - events), 1)

    def test_payment_told_late_counts_from_its_day(self):
        """What an agency has received is entered by hand, after the interest was."""
        paid_on = TODAY - timedelta(days=60)
        early, late = (
            self._open_in("kr", self._create_top_item(10_000, 100))
            for _case in range(2)
        )
        self._charge(early, "cost", 50, paid_on)
        self._charge(early, "payment", 4_000, paid_on)
        early.action_charge_interest()

        late.action_charge_interest()
        payment = self._charge(late, "payment", 4_000, paid_on)
        unknown = late.claim_balance(TODAY)
        # a cost that the payment has to settle first leaves more of the principal
        self._charge(late, "cost", 50, paid_on)

        self.assertEqual(late.claim_balance(TODAY), early.claim_balance(TODAY))
        self.assertGreater(late.claim_balance(TODAY)["principal"], unknown["principal"])
        payment.action_reverse()
        unpaid = self._open_in("kr", self._create_top_item(10_000, 100))
        self._charge(unpaid, "cost", 50, paid_on)
        unpaid.action_charge_interest()
        self.assertEqual(late.claim_balance(TODAY), unpaid.claim_balance(TODAY))

    def test_cost_that_moves_no_principal_leaves_the_interest(self):
        case = self._open_in("kr", self._create_top_item(10_000, 100))
        case.action_charge_interest()
        events = case.claim_ids

        self._charge(case, "cost", 50, TODAY - timedelta(days=60))

        self.assertEqual(len(case.claim_ids - events), 1)

    def test_claim_by_hand_bears_no_interest_by_rule(self):
        case = self._create_case(
            self.env["account.move.line"], self.manager, early_reason="Damages"
        )
        self._charge(case, "principal", 700, TODAY)
        case.action_open()
        self._set_interest(case, COUNTRIES["kr"][0])
        with self.assertRaisesRegex(UserError, "by hand"):
            case.action_charge_interest()

    def test_interest_needs_a_rule_and_an_open_case(self):
        case = self._create_case(self._create_top_item(1000), self.clerk)
        with self.assertRaisesRegex(UserError, "cannot be charged with interest"):
            case.action_charge_interest()
        case.action_open()
        case.interest_id = False
        with self.assertRaisesRegex(UserError, "Choose by which rule"):
            case.action_charge_interest()

    def test_rate_changes_with_service_of_the_claim(self):
        self.procedure.step_ids[0].limitation_event = "filing"
        case = self._open_in("kr", self._create_top_item(36_600, 100))
        case.current_step_id.action_start()
        case.current_step_id.write(
            {"date_start": "2024-06-01", "date_served": "2024-06-04"}
        )

        case.action_charge_interest()

        last = case.claim_ids.filtered("interest_to")[-1]
        # ten days from 5 to 14 June at 12 %
        self.assertEqual(last.interest_from, date(2024, 6, 5))
        self.assertEqual(last.amount, 120)

    def test_service_that_is_told_late_changes_the_rate_from_its_day(self):
        self.procedure.step_ids[0].limitation_event = "filing"
        told, late = (
            self._open_in("kr", self._create_top_item(36_600, 100))
            for _case in range(2)
        )
        dates = {"date_start": "2024-06-01", "date_served": "2024-06-04"}
        told.current_step_id.write(dates)
        told.action_charge_interest()

        late.action_charge_interest()
        before = late.claim_balance(TODAY)["interest"]
        late.current_step_id.write(dates)

        self.assertEqual(late.claim_balance(TODAY), told.claim_balance(TODAY))
        late.current_step_id.date_served = False
        self.assertEqual(late.claim_balance(TODAY)["interest"], before)

    # === PRINTED === #

    def test_account_prints_in_the_words_of_the_court(self):
        for country, words in (
            ("kr", ("채권계산서", "원금", "변호사")),
            ("jp", ("債権計算書", "元本", "弁護士")),
            ("de", ("Forderungsaufstellung", "Hauptforderung", "anwaltlich")),
            ("fr", ("Décompte de créance", "Intérêts", "avocat")),
            ("gb", ("Statement of Account", "Claimant", "solicitor")),
        ):
            with self.subTest(country=country):
                item = self._create_top_item(1000)
                case = self._open_in(country, item)
                self.procedure.country_id = self.env.ref(
                    f"base.{'uk' if country == 'gb' else country}"
                )
                self._pay(item, 300, TODAY)

                html, _type = self.env["ir.actions.report"]._render_qweb_html(
                    "account_dunning_legal.report_account", case.ids
                )

                for word in (*words, item.move_name):
                    self.assertIn(word, html.decode())

    def test_account_ends_with_the_balance(self):
        item = self._create_top_item(1000)
        case = self._open_case(item, self.clerk)
        self._pay(item, 300, TODAY)
        wrong = self._charge(case, "cost", 99, TODAY)
        wrong.action_reverse()

        rows = case._get_account_rows()

        self.assertEqual([row.event.kind for row in rows], ["principal", "payment"])
        self.assertEqual(sum(rows[-1].balance.values()), 700)
