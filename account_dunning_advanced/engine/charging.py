"""What charging knows of the ledger: read once for a batch of notices. No models."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from .interest import Layer

#: States of interest that a person has given up: its days are never charged again.
GIVEN_UP = ("waived", "dropped")


@dataclass(frozen=True)
class Entry:
    """Something that was set against an item, in the item's currency."""

    item_id: int
    #: Since when it lowers what is owed.
    day: date
    amount: Decimal
    #: None for what was upheld and is not matched with the item.
    partial_id: int | None
    #: The journal item of the payment or credit.
    credit_id: int | None
    #: The dispute that it was credited for.
    dispute_id: int | None


@dataclass(frozen=True)
class Span:
    """Days of an item for which a notice charged interest, and on what."""

    charge_id: int
    date_from: date
    date_to: date
    state: str
    #: Whether nobody may charge for it again: it is owed, or was given up.
    counts: bool
    #: Whether it was taken back though its notice stands.
    was_lowered: bool
    floor: Decimal
    top: Decimal

    @property
    def layer(self):
        """Return what is not charged again; what was given up, is so as a whole."""
        top = None if self.state in GIVEN_UP else self.top
        floor = self.floor if top else Decimal(0)
        return Layer(self.date_from, self.date_to, floor, top)


@dataclass
class Facts:
    """What charging needs to know of a batch of notices, read in a few queries."""

    #: {item id: [(day, amount that was open from this day on)]}
    balances: dict = field(default_factory=dict)
    #: {item id: (date of the first notice, date of the first one after the due date)}
    first_notices: dict = field(default_factory=dict)
    #: what has been charged its lump sum, see ``_get_lump_sum_key``
    lump_sums: set = field(default_factory=set)
    #: {item id: charges of earlier notices that are owed and not billed}
    unbilled: dict = field(default_factory=lambda: defaultdict(list))
    #: {item id: {charge id: (kind, amount)}} of what issued notices charge the claim
    charged: dict = field(default_factory=lambda: defaultdict(dict))
    #: (item id, id of a charge that is charged once a claim, and was)
    claimed: set = field(default_factory=set)
    #: {item id: [Span]} of interest that issued or reversed notices charged
    spans: dict = field(default_factory=lambda: defaultdict(list))
    #: {item id: [(first day, last day)]} that a payment plan's own interest paid for
    plans: dict = field(default_factory=lambda: defaultdict(list))
    #: {customer id: {currency id: [(day, amount) of open credits], the newest first}}
    credits: dict = field(default_factory=dict)
    #: {customer, or none for all: terms agreed}
    terms: dict = field(default_factory=dict)
    #: what laws forbid, to whomever
    limits: object = ()
    #: what was worked out for one item and holds for others too, see ``once``
    known: dict = field(default_factory=dict)

    def once(self, key, work):
        """Return what ``work`` gives, which depends on ``key`` and the batch alone."""
        if key not in self.known:
            self.known[key] = work()
        return self.known[key]
