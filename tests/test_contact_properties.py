"""What holds for any contact rules, moments and time zones, tried on random ones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from odoo.addons.account_dunning_advanced.engine.contact import (
    Cap,
    Past,
    Rule,
    Window,
    judge,
)

# with clocks that change by an hour, by half an hour, at midnight, and never
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Asia/Seoul",
        "Asia/Kathmandu",
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Pacific/Honolulu",
    )
]
CHANNELS = st.sampled_from(["email", "sms", "call", "visit", "letter"])
MOMENTS = st.datetimes(
    datetime(2024, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC)
).map(lambda moment: moment.replace(second=0, microsecond=0))


@st.composite
def windows(draw):
    start = draw(st.integers(0, 1438))
    return Window(draw(st.integers(0, 6)), start, draw(st.integers(start + 1, 1440)))


RULES = st.lists(
    st.builds(
        Rule,
        name=st.just("rule"),
        channels=st.none() | st.frozensets(CHANNELS, min_size=1),
        windows=st.none() | st.lists(windows(), min_size=1, max_size=7).map(tuple),
        blocked=st.lists(windows(), max_size=3).map(tuple),
        holidays=st.frozensets(
            st.dates(date(2024, 1, 1), date(2025, 12, 31)), max_size=9
        ),
        caps=st.lists(
            st.builds(Cap, st.integers(0, 3), st.integers(1, 9), st.none() | CHANNELS),
            max_size=2,
        ).map(tuple),
        cooldown_days=st.integers(0, 8),
        forbidden=st.sampled_from([False] * 9 + [True]),
    ),
    max_size=3,
)
PAST = st.lists(
    st.tuples(st.integers(0, 12 * 24 * 60), CHANNELS, st.booleans(), st.booleans()),
    max_size=6,
)
SITUATIONS = st.fixed_dictionaries(
    {
        "rules": RULES,
        "channel": CHANNELS,
        "moment": MOMENTS,
        "past": PAST,
        "zones": st.lists(st.sampled_from(ZONES), min_size=1, max_size=3).map(tuple),
    }
)


def _complete(situation):
    moment = situation["moment"]
    return {
        **situation,
        "past": [
            Past(moment - timedelta(minutes=minutes), channel, *rest)
            for minutes, channel, *rest in situation["past"]
        ],
    }


@tagged("post_install", "-at_install")
class TestContactProperties(BaseCase):
    @settings(max_examples=300, deadline=None)
    @given(SITUATIONS)
    def test_next_moment_is_a_good_one_and_not_before(self, situation):
        situation = _complete(situation)
        verdict = judge(**situation)

        if verdict.state == "put_off":
            self.assertGreater(verdict.until, situation["moment"])
            again = judge(**{**situation, "moment": verdict.until})
            self.assertTrue(again.allowed, again)
        else:
            self.assertIsNone(verdict.until)

    @settings(max_examples=100, deadline=None)
    @given(SITUATIONS, st.lists(st.floats(0, 1), min_size=20, max_size=20))
    def test_no_good_moment_is_passed_over(self, situation, shares):
        situation = _complete(situation)
        verdict = judge(**situation)
        if verdict.state != "put_off":
            return
        minutes = int((verdict.until - situation["moment"]).total_seconds() // 60)
        for share in shares:
            earlier = situation["moment"] + timedelta(minutes=int(share * minutes))
            if earlier < verdict.until:
                self.assertFalse(judge(**{**situation, "moment": earlier}).allowed)

    @settings(max_examples=80, deadline=None)
    @given(SITUATIONS, RULES)
    def test_more_rules_never_let_more_through(self, situation, others):
        situation = _complete(situation)
        verdict = judge(**situation)
        stricter = judge(**{**situation, "rules": situation["rules"] + others})

        if stricter.allowed:
            self.assertTrue(verdict.allowed)
        if stricter.state == "put_off":
            self.assertNotEqual(verdict.state, "forbidden")
            self.assertLessEqual(verdict.until or situation["moment"], stricter.until)
