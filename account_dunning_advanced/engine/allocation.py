"""Which debts a payment settles, in which order, and how a sum is shared out.

Countries answer three questions differently, and a :class:`Strategy` holds the
answers as data: which part of a debt comes first (costs, interest, fees, principal);
which of several debts comes first; and whether the debtor may say otherwise. Nothing
here knows a country.

>>> claims = [
...     Claim(1, "principal", Decimal("1000"), date(2026, 1, 10), debt="A"),
...     Claim(2, "interest", Decimal("20"), date(2026, 2, 1), debt="A"),
...     Claim(3, "cost", Decimal("30"), date(2026, 2, 1), debt="A"),
... ]
>>> allocate(Strategy(), claims, Receipt(Decimal("100"), date(2026, 3, 1)))
([(3, Decimal('30')), (2, Decimal('20')), (1, Decimal('50'))], Decimal('0'))

What is paid beyond all claims is the rest:

>>> allocate(Strategy(), claims, Receipt(Decimal("1051"), date(2026, 3, 1)))[1]
Decimal('1')
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

#: The parts that a claim can be.
KINDS = ("principal", "interest", "fee", "cost")

#: The common order of the codes where nothing is agreed (KR art. 479, JP art. 489,
#: DE § 367 BGB): costs, interest, principal. Fees for reminders stand between, as
#: damages of the default.
COMMON_ORDER = ("cost", "interest", "fee", "principal")

CENT = Decimal("0.01")

#: How many bits :func:`choose_sum` may take, 128 MiB.
MOST_BITS = 2**30


@dataclass(frozen=True)
class Claim:
    """What is owed under one title; ``amount`` is what is open of it.

    ``debt`` says which claims belong together: the interest on an invoice belongs to
    the invoice's debt. Without it a claim is a debt of its own.
    """

    id: Hashable
    kind: str
    amount: Decimal
    due: date | None = None
    debt: Hashable | None = None
    #: How hard the debt presses its debtor, for instance its rate of interest.
    burden: Decimal = Decimal(0)
    #: The creditor holds security for it.
    secured: bool = False


@dataclass(frozen=True)
class Receipt:
    """Money received; ``designation`` names claims that the debtor pays by it."""

    amount: Decimal
    day: date
    designation: tuple[Hashable, ...] = ()


@dataclass(frozen=True)
class Strategy:
    """How a country, or a contract, answers the three questions."""

    kinds: tuple[str, ...] = COMMON_ORDER
    #: ``debt``: one debt after the other, each in the order of kinds (DE §§ 366, 367).
    #: ``all``: first the costs of all debts, then their interest … (KR 479, JP 489).
    scope: str = "debt"
    #: Which of several debts comes first; see RANKS.
    ties: tuple[str, ...] = ("due", "oldest")
    #: Debts that rank alike are paid in proportion; else in the order of the claims.
    pro_rata: bool = False
    #: ``none``: the debtor's word does not count. ``debt``: the debtor chooses among
    #: debts, but not among the parts of one. ``free``: the debtor chooses any claim.
    designation: str = "debt"


@dataclass(frozen=True)
class _Debt:
    """Claims that are ranked together, in the order in which they are settled."""

    claims: tuple[Claim, ...]
    designated: bool = False

    @property
    def amount(self) -> Decimal:
        """What is open of all its claims."""
        return sum((claim.amount for claim in self.claims), Decimal(0))

    @property
    def due(self) -> date:
        """Since when it is due: its principal, or else the oldest of its claims."""
        days = [claim.due for claim in self.claims if claim.due]
        principal = [
            claim.due for claim in self.claims if claim.due and claim.kind == KINDS[0]
        ]
        return min(principal or days, default=date.max)


#: The rules among debts: name -> sort key of a debt on the day of the receipt.
RANKS = {
    "due": lambda debt, day: debt.due > day,
    "unsecured": lambda debt, day: all(claim.secured for claim in debt.claims),
    "burdensome": lambda debt, day: -max(claim.burden for claim in debt.claims),
    "oldest": lambda debt, day: debt.due,
}


def allocate(
    strategy: Strategy,
    claims: Iterable[Claim],
    receipt: Receipt,
    rounding: Decimal = CENT,
) -> tuple[list[tuple[Hashable, Decimal]], Decimal]:
    """Set a receipt against claims.

    :param rounding: the smallest unit of the currency, for shares in proportion.
    :return: the (claim id, amount) pairs in the order of settlement, none of them
        zero or above its claim, and the rest; together they are the receipt's amount.
    :raise ValueError: a claim's kind or a rule of the strategy is not known.

    Equal debts in proportion, without a cent lost:

    >>> claims = [Claim(n, "principal", Decimal("50"), date(2026, 1, 1)) for n in "abc"]
    >>> allocate(Strategy(pro_rata=True), claims, Receipt(Decimal("100"), date.max))[0]
    [('a', Decimal('33.34')), ('b', Decimal('33.33')), ('c', Decimal('33.33'))]
    """
    _check(strategy)
    claims = [claim for claim in claims if claim.amount > 0]
    for claim in claims:
        if claim.kind not in strategy.kinds:
            raise ValueError(f"no place in the payment order for {claim.kind!r}")
    shares: dict[Hashable, Decimal] = {}
    pool = max(receipt.amount, Decimal(0))
    for debts in _stages(strategy, claims, receipt):
        for debt, part in _split(debts, pool, strategy.pro_rata, rounding):
            for claim in debt.claims:
                share = min(part, claim.amount)
                if share:
                    shares[claim.id] = share
                part -= share
                pool -= share
    return list(shares.items()), pool if receipt.amount > 0 else receipt.amount


def share_out(
    amount: Decimal, weights: Sequence[Decimal], rounding: Decimal = CENT
) -> list[Decimal]:
    """Share an amount in proportion to weights, to the last unit of the currency.

    What rounding down leaves goes to those who lost most by it, the first among
    equals: the shares add up to the amount.

    >>> share_out(Decimal("0.05"), [Decimal(1), Decimal(1), Decimal(1)])
    [Decimal('0.02'), Decimal('0.02'), Decimal('0.01')]
    """
    total = sum(weights, Decimal(0))
    if not total:
        return [Decimal(0) for _weight in weights]
    exact = [amount * weight / total for weight in weights]
    shares = [
        (value / rounding).to_integral_value(ROUND_FLOOR) * rounding for value in exact
    ]
    left = amount - sum(shares, Decimal(0))
    by_loss = sorted(
        range(len(weights)), key=lambda index: shares[index] - exact[index]
    )
    for index in by_loss:
        step = min(rounding, left)
        shares[index] += step
        left -= step
    return shares


def choose_sum(amounts: Sequence[int], target: int) -> tuple[int, ...]:
    """Return the places of amounts that come to a sum; nothing if no choice does.

    The sums that the first amounts come to are the bits of a number, so that the work
    grows with their count times the sum, and not with the number of choices. Where
    that is more than :data:`MOST_BITS`, only one of them or all of them are tried.

    :param amounts: whole, such as cents, and not negative.

    >>> choose_sum([1034, 500, 300, 200], 700), choose_sum([1034, 500], 700)
    ((1, 3), ())
    """
    if target <= 0:
        return ()
    if sum(amounts) == target:
        return tuple(range(len(amounts)))
    if target in amounts:
        return (amounts.index(target),)
    if len(amounts) * target > MOST_BITS:
        return ()
    up_to_target = (1 << target + 1) - 1
    # which sums the first none, one, two … of them come to
    reached = [1]
    for amount in amounts:
        added = reached[-1] << amount if amount <= target else 0
        reached.append((reached[-1] | added) & up_to_target)
    if not reached[-1] >> target & 1:
        return ()
    chosen = []
    for place in reversed(range(len(amounts))):
        if not reached[place] >> target & 1:
            chosen.append(place)
            target -= amounts[place]
    return tuple(reversed(chosen))


def exact(amount: float, rounding: float) -> Decimal:
    """Return an amount as a decimal number of the currency's units.

    >>> exact(0.1 + 0.2, 0.01), exact(1050.0, 1.0), exact(2.05, 0.05)
    (Decimal('0.30'), Decimal('1050.0'), Decimal('2.05'))
    """
    unit = Decimal(str(rounding))
    return (Decimal(str(amount)) / unit).quantize(Decimal(1)) * unit


def _check(strategy: Strategy) -> None:
    unknown = set(strategy.ties) - RANKS.keys() | set(strategy.kinds) - set(KINDS)
    if unknown or len(set(strategy.kinds)) < len(strategy.kinds):
        raise ValueError(f"not a payment order: {strategy}")


def _stages(strategy: Strategy, claims: list[Claim], receipt: Receipt):
    """Yield the groups of debts that rank alike, in the order of settlement."""
    named = receipt.designation if strategy.designation != "none" else ()
    if strategy.designation == "free":
        by_id = {claim.id: claim for claim in claims}
        chosen = [by_id[name] for name in dict.fromkeys(named) if name in by_id]
        yield from ([_Debt((claim,))] for claim in chosen)
        claims = [claim for claim in claims if claim.id not in named]
        named = ()
    place = {kind: number for number, kind in enumerate(strategy.kinds)}
    if strategy.scope == "all":
        claims = sorted(claims, key=lambda claim: place[claim.kind])
        pools = _grouped(claims, lambda claim: claim.kind)
    else:
        pools = [claims]
    wanted = {_debt_of(claim) for claim in claims if claim.id in named}

    def rank(debt: _Debt):
        rules = (RANKS[rule](debt, receipt.day) for rule in strategy.ties)
        return (not debt.designated, *rules)

    for pool in pools:
        ranked = sorted(_debts(pool, place, wanted), key=rank)
        yield from _grouped(ranked, rank)


def _grouped(items: Iterable, key) -> list[list]:
    groups: dict = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())


def _debt_of(claim: Claim) -> tuple[bool, Hashable]:
    # a debt may have the name of a claim
    return (claim.debt is not None, claim.id if claim.debt is None else claim.debt)


def _debts(claims: list[Claim], place: dict[str, int], wanted: set) -> list[_Debt]:
    return [
        _Debt(
            tuple(sorted(parts, key=lambda claim: place[claim.kind])),
            _debt_of(parts[0]) in wanted,
        )
        for parts in _grouped(claims, _debt_of)
    ]


def _split(debts: list[_Debt], pool: Decimal, pro_rata: bool, rounding: Decimal):
    """Yield (debt, what it gets) for debts that rank alike."""
    if pro_rata and sum((debt.amount for debt in debts), Decimal(0)) > pool:
        weights = [debt.amount for debt in debts]
        yield from zip(debts, share_out(pool, weights, rounding), strict=True)
        return
    for debt in debts:
        part = min(pool, debt.amount)
        pool -= part
        yield debt, part
