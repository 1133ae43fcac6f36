import doctest
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo.tests import BaseCase, tagged

from ..engine import contact
from ..engine.contact import Cap, Past, Rule, Window

SEOUL = ZoneInfo("Asia/Seoul")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT_BAN = Rule(
    "No contact from 21 to 8",
    windows=tuple(Window(day, 8 * 60, 21 * 60) for day in range(7)),
)


def at(text, zone=UTC):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@tagged("post_install", "-at_install")
class TestContactEngine(BaseCase):
    """When the rules let a contact through, told by clocks and calendars."""

    def _judge(self, rules, moment, channel="call", past=(), zones=(UTC,)):
        return contact.judge(rules, channel, moment, past, zones)

    def test_doctests(self):
        self.assertEqual(doctest.testmod(contact).failed, 0)

    def test_without_rules_all_is_allowed(self):
        self.assertTrue(self._judge([], at("2024-06-16T03:00")).allowed)

    def test_hours_are_those_of_the_debtor(self):
        table = {
            "2024-06-14T07:59": "2024-06-14T08:00",
            "2024-06-14T08:00": None,
            "2024-06-14T20:59": None,
            "2024-06-14T21:00": "2024-06-15T08:00",
            "2024-06-14T23:59": "2024-06-15T08:00",
        }
        for moment, until in table.items():
            with self.subTest(moment):
                verdict = self._judge([NIGHT_BAN], at(moment, SEOUL), zones=(SEOUL,))
                self.assertEqual(verdict.until, until and at(until, SEOUL))

    def test_where_the_zone_is_not_sure_it_is_daytime_in_all(self):
        zones = (ZoneInfo("America/New_York"), ZoneInfo("America/Los_Angeles"))

        # 9 in New York is 6 in Los Angeles
        verdict = self._judge([NIGHT_BAN], at("2024-06-14T13:00"), zones=zones)

        self.assertEqual(verdict.until, at("2024-06-14T15:00"))

    def test_hours_do_not_bind_letters(self):
        night = at("2024-06-14T23:00")
        self.assertTrue(self._judge([NIGHT_BAN], night, "letter").allowed)
        self.assertFalse(self._judge([NIGHT_BAN], night, "email").allowed)

    def test_day_that_is_an_hour_short_or_long(self):
        early = Rule("From 2:30", windows=tuple(Window(d, 150, 1440) for d in range(7)))
        table = {
            # the clocks go from 2 to 3: 3:00 is the first minute after 2:30
            "2024-03-30T23:30": "2024-03-31T01:00",
            # they go from 3 back to 2: 2:30 comes twice, the first counts
            "2024-10-26T22:30": "2024-10-27T00:30",
            # and after 2:59 it is too early again
            "2024-10-27T01:10": "2024-10-27T01:30",
        }
        for moment, until in table.items():
            with self.subTest(moment):
                verdict = self._judge([early], at(moment), zones=(BERLIN,))
                self.assertEqual(verdict.until, at(until))

    def test_holidays_and_weekends(self):
        rule = Rule(
            "Working days",
            windows=tuple(Window(day, 480, 1200) for day in range(5)),
            holidays=frozenset({date(2024, 12, 25), date(2024, 12, 26)}),
        )
        table = {
            "2024-12-24T12:00": ("allowed", None, ""),
            "2024-12-25T12:00": ("put_off", "2024-12-27T08:00", "holiday"),
            "2024-12-27T20:00": ("put_off", "2024-12-30T08:00", "hours"),
        }
        for moment, (state, until, why) in table.items():
            with self.subTest(moment):
                verdict = self._judge([rule], at(moment))
                self.assertEqual(
                    (verdict.state, verdict.until, verdict.why),
                    (state, until and at(until), why),
                )

    def test_caps_count_what_goes_out(self):
        rule = Rule(
            "2 calls a day, 3 in all in 7 days", caps=(Cap(2, 1, "call"), Cap(3, 7))
        )
        now = at("2024-06-14T12:00")
        yesterday, hour_ago = now - timedelta(days=1, hours=1), now - timedelta(hours=1)
        table = [
            ([(hour_ago, "call")], "call", None),
            ([(hour_ago, "call")] * 2, "call", hour_ago + timedelta(days=1)),
            ([(hour_ago, "call")] * 2, "email", None),
            ([(hour_ago, "call", False)] * 2, "call", None),
            ([(yesterday, "call")] * 2, "call", None),
            ([(yesterday, "call")] * 3, "email", yesterday + timedelta(days=7)),
        ]
        for past, channel, until in table:
            with self.subTest(past=past, channel=channel):
                verdict = self._judge(
                    [rule], now, channel, [Past(*entry) for entry in past]
                )
                self.assertEqual(verdict.until, until)

    def test_rest_after_a_conversation(self):
        rule = Rule("A week", frozenset({"call"}), cooldown_days=7)
        now = at("2024-06-14T12:00")
        spoke = Past(now - timedelta(days=2), "call", False, conversation=True)

        self.assertEqual(
            self._judge([rule], now, past=[spoke]).until, now + timedelta(days=5)
        )
        self.assertTrue(self._judge([rule], now, "email", past=[spoke]).allowed)

    def test_debtors_own_hours(self):
        wish = Rule("Not at lunch", blocked=(Window(4, 12 * 60, 13 * 60),))

        verdict = self._judge([wish, NIGHT_BAN], at("2024-06-14T12:15"))

        self.assertEqual((verdict.until, verdict.why), (at("2024-06-14T13:00"), "slot"))

    def test_the_strictest_wins(self):
        office = Rule(
            "9 to 12", windows=tuple(Window(day, 540, 720) for day in range(5))
        )
        evening = at("2024-06-14T22:00")

        self.assertEqual(
            self._judge([NIGHT_BAN, office], evening).until, at("2024-06-17T09:00")
        )
        stop = Rule("Represented", forbidden=True)
        verdict = self._judge([NIGHT_BAN, office, stop], evening)
        self.assertEqual((verdict.state, verdict.rule), ("forbidden", stop))

    def test_rules_that_leave_no_moment_forbid(self):
        mornings = Rule("Mornings", windows=(Window(0, 480, 720),))
        not_then = Rule("Not on Monday", blocked=(Window(0, 0, 1440),))

        verdict = self._judge([mornings, not_then], at("2024-06-14T12:00"))

        self.assertEqual(verdict.state, "forbidden")
