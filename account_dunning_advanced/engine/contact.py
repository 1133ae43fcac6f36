"""May a debtor be contacted at a moment, and if not, when?

All rules that concern a channel are combined, and the strictest wins: a contact is made
only when none of them is against it. Moments are aware datetimes. A debtor whose time
zone is not known for sure has several; then it must be a good time in all of them.

Rolling periods are elapsed time: "7 in 7 days" is at most 7 in any 168 hours, which is
never more than 7 on seven days of the calendar.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

DAY = timedelta(days=1)
#: Channels that reach the debtor whenever he looks: hours and days do not bind them.
UNTIMED = frozenset({"letter", "portal"})
#: If there is no good moment in so many days, there is none.
HORIZON_DAYS = 62

Why = Literal["", "forbidden", "hours", "slot", "holiday", "cap", "cooldown"]


@dataclass(frozen=True)
class Window:
    """A part of a weekday, in minutes after midnight; the end is not included."""

    weekday: int  # 0 is Monday
    start: int
    end: int

    def holds(self, local: datetime) -> bool:
        """Whether a moment, as clocks of the place show it, lies in the window."""
        minute = local.hour * 60 + local.minute
        return local.weekday() == self.weekday and self.start <= minute < self.end


@dataclass(frozen=True)
class Cap:
    """At most so many contacts in any so many days."""

    number: int
    days: int
    #: None counts every channel that the rule concerns.
    channel: str | None = None


@dataclass(frozen=True)
class Past:
    """A contact that there was, or one that is on its way."""

    moment: datetime
    channel: str
    outgoing: bool = True
    #: The two sides spoke.
    conversation: bool = False


@dataclass(frozen=True)
class Rule:
    """One contact rule."""

    name: str
    #: Channels it concerns; None is all.
    channels: frozenset[str] | None = None
    #: Contact only within these; None is at any time.
    windows: tuple[Window, ...] | None = None
    #: No contact within these.
    blocked: tuple[Window, ...] = ()
    holidays: frozenset[date] = frozenset()
    caps: tuple[Cap, ...] = ()
    #: Days of rest after a conversation.
    cooldown_days: int = 0
    #: No contact at all.
    forbidden: bool = False

    def concerns(self, channel: str) -> bool:
        """Whether the rule is about a channel."""
        return self.channels is None or channel in self.channels

    def counts(self, cap: Cap, past: Past) -> bool:
        """Whether a contact uses up a cap: what the debtor begins never does."""
        if not past.outgoing:
            return False
        if cap.channel is None:
            return self.concerns(past.channel)
        return past.channel == cap.channel


@dataclass(frozen=True)
class Verdict:
    """What the rules say; ``until`` is the next moment at which they let it through."""

    state: Literal["allowed", "put_off", "forbidden"]
    until: datetime | None = None
    rule: Rule | None = None
    why: Why = ""

    @property
    def allowed(self) -> bool:
        return self.state == "allowed"


ALLOWED = Verdict("allowed")


def judge(
    rules: Iterable[Rule],
    channel: str,
    moment: datetime,
    past: Sequence[Past] = (),
    zones: Sequence[tzinfo] = (UTC,),
) -> Verdict:
    """Return whether a contact may be made at a moment.

    >>> office = Rule("8 to 20", windows=tuple(Window(d, 480, 1200) for d in range(5)))
    >>> friday = datetime(2024, 6, 14, 21, tzinfo=UTC)
    >>> judge([office], "call", friday).until
    datetime.datetime(2024, 6, 17, 8, 0, tzinfo=datetime.timezone.utc)
    >>> judge([office], "letter", friday).state
    'allowed'
    >>> seven = Rule("7 in 7", caps=(Cap(7, 7),))
    >>> calls = [Past(friday - timedelta(hours=h), "call") for h in range(7)]
    >>> judge([seven], "call", friday, calls).until - friday
    datetime.timedelta(days=6, seconds=64800)
    >>> stop = Rule("Represented", forbidden=True)
    >>> judge([office, stop], "letter", friday).state
    'forbidden'
    """
    concerned = [rule for rule in rules if rule.concerns(channel)]
    hindrance = _hindrance(concerned, channel, moment, past, zones)
    if not hindrance:
        return ALLOWED
    rule, why = hindrance
    if why == "forbidden":
        return Verdict("forbidden", None, rule, why)
    for candidate in _candidates(concerned, moment, past, zones):
        if not _hindrance(concerned, channel, candidate, past, zones):
            return Verdict("put_off", candidate, rule, why)
    return Verdict("forbidden", None, rule, why)


def _hindrance(
    rules: Sequence[Rule],
    channel: str,
    moment: datetime,
    past: Sequence[Past],
    zones: Sequence[tzinfo],
) -> tuple[Rule, Why] | None:
    """Return the first rule that is against it, those without appeal first."""
    for rule in rules:
        if rule.forbidden:
            return rule, "forbidden"
    locals_ = [] if channel in UNTIMED else [moment.astimezone(zone) for zone in zones]
    for rule in rules:
        why = _why_not(rule, channel, moment, locals_, past)
        if why:
            return rule, why
    return None


def _why_not(
    rule: Rule,
    channel: str,
    moment: datetime,
    locals_: Sequence[datetime],
    past: Sequence[Past],
) -> Why:
    for local in locals_:
        if local.date() in rule.holidays:
            return "holiday"
        if rule.windows is not None and not _within(rule.windows, local):
            return "hours"
        if _within(rule.blocked, local):
            return "slot"
    for cap in rule.caps:
        since = moment - cap.days * DAY
        if (cap.channel is None or cap.channel == channel) and cap.number <= sum(
            rule.counts(cap, contact) and contact.moment > since for contact in past
        ):
            return "cap"
    rest = rule.cooldown_days * DAY
    if rest and any(c.conversation and c.moment > moment - rest for c in past):
        return "cooldown"
    return ""


def _within(windows: Iterable[Window], local: datetime) -> bool:
    return any(window.holds(local) for window in windows)


def _candidates(
    rules: Sequence[Rule],
    moment: datetime,
    past: Sequence[Past],
    zones: Sequence[tzinfo],
) -> Iterator[datetime]:
    """Yield, rising, the moments after ``moment`` at which something may open.

    Besides where windows begin and blocked ones end these are all half hours: clocks
    are changed at one of them.
    """
    minutes = {0}
    for rule in rules:
        minutes.update(window.start for window in rule.windows or ())
        minutes.update(window.end for window in rule.blocked)
    releases = {
        contact.moment + days * DAY
        for rule in rules
        for days in [*(cap.days for cap in rule.caps), rule.cooldown_days]
        for contact in past
    }
    last = max([moment, *releases]) + HORIZON_DAYS * DAY
    start = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while start < last:
        day = {start + timedelta(minutes=30 * half) for half in range(48)}
        day |= {release for release in releases if start <= release < start + DAY}
        for zone in zones:
            day |= _openings(start, zone, minutes)
        yield from sorted(
            candidate
            for candidate in day
            if candidate > moment and start <= candidate < start + DAY
        )
        start += DAY


def _openings(start: datetime, zone: tzinfo, minutes: Iterable[int]) -> set[datetime]:
    """Return these minutes of the days around ``start``, in UTC."""
    found = set()
    for shift in (-1, 0, 1):
        midnight = datetime.combine((start + shift * DAY).date(), time())
        for minute in minutes:
            wall = midnight + timedelta(minutes=minute)
            # an hour that the clocks show twice begins twice
            found |= {
                wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)
            }
    return found
