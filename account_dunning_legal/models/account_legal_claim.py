from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.account_dunning_advanced.models.account_dunning_guard import (
    GUARD_KEY,
    GUARD_SENTINEL,
)

from ..engine import claim


class AccountLegalClaim(models.Model):
    """One event of a case's claim account.

    Once the case is open, an event is neither changed nor deleted: a mistake is
    corrected by reversing it, so that every figure ever stated can be computed again.
    """

    _name = "account.legal.claim"
    _description = "Legal Claim Event"
    _inherit = ["account.dunning.guard"]
    _order = "date, id"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id", store=True)
    date = fields.Date(
        required=True,
        default=fields.Date.context_today,
        help="The day from which the event counts.",
    )
    kind = fields.Selection(
        selection=[
            ("principal", "Principal"),
            ("interest", "Interest"),
            ("fee", "Fee"),
            ("cost", "Cost"),
            ("payment", "Payment"),
            ("waiver", "Waiver or credit note"),
        ],
        required=True,
        help="Payments settle costs first, then interest, fees and the principal. A"
        " waiver or credit note takes off the principal first.",
    )
    amount = fields.Monetary(required=True, help="Always positive.")
    note = fields.Char()
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Journal Item",
        readonly=True,
        index="btree_not_null",
        # a payment that is cancelled takes its entry along; the items of a case are
        # kept by the case
        ondelete="set null",
        help="The item claimed, or the payment or credit note.",
    )
    partial_id = fields.Many2one(
        comodel_name="account.partial.reconcile",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The reconciliation that the payment comes from.",
    )
    interest_from = fields.Date(readonly=True, help="First day of the interest.")
    interest_to = fields.Date(readonly=True, help="Last day of the interest.")
    reverses_id = fields.Many2one(
        comodel_name="account.legal.claim",
        string="Reversal Of",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The event that this one takes back.",
    )
    reversed_by_ids = fields.One2many(
        comodel_name="account.legal.claim", inverse_name="reverses_id"
    )

    _amount_positive = models.Constraint(
        "CHECK (amount > 0)",
        "Amounts of a claim account are positive; the kind says which way they go.",
    )
    _reversed_once = models.UniqueIndex(
        "(reverses_id) WHERE reverses_id IS NOT NULL",
        "The event has been reversed already.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("reverses_id", "case_id")
    def _check_reverses_id(self):
        for event in self.filtered("reverses_id"):
            if event.reverses_id.case_id != event.case_id:
                raise ValidationError(
                    self.env._("An event is reversed in the account it stands in.")
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        claims = super().create(vals_list)
        states = ["draft", "open"]
        if self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            # what the ledger says counts after the case as well
            states.append("closed")
        for case in claims.case_id:
            case._check_state(states, self.env._("charged or credited"))
        claims._recharge_interest()
        return claims

    def write(self, vals):
        self._check_draft()
        if any(
            event.case_id.id != vals.get("case_id", event.case_id.id) for event in self
        ):
            raise UserError(
                self.env._("An event stays in the account in which it was entered.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_opened(self):
        self._check_draft()

    # === ACTION METHODS === #

    def action_reverse(self):
        """Take events back, from today on; both stay on the account.

        :raise UserError: an event is a reversal, has been reversed, or says what the
            ledger says.
        """
        for event in self:
            if event.partial_id or (event.kind == "principal" and event.move_line_id):
                raise UserError(
                    self.env._(
                        "“%(note)s” comes from the ledger. Undo the reconciliation or"
                        " issue a credit note there; the account follows.",
                        note=event.note or format_date(self.env, event.date),
                    )
                )
            if event.reverses_id or event.reversed_by_ids:
                raise UserError(
                    self.env._(
                        "The event of %(date)s is reversed already.",
                        date=format_date(self.env, event.date),
                    )
                )
        self._reverse()

    # === BUSINESS METHODS === #

    def _check_draft(self):
        """:raise UserError: the case of an event has been opened."""
        for case in self.case_id:
            if case.state != "draft":
                raise UserError(
                    self.env._(
                        "The claim account of case %(case)s cannot be changed any"
                        " more. Reverse the event instead.",
                        case=case.display_name,
                    )
                )

    def _reverse(self, from_begin=False):
        """Create the events that take these ones back.

        :param bool from_begin: as if they had never been, for figures that were
            computed from facts that turned out otherwise; else from today on.
        """
        return self.create(
            [
                {
                    "case_id": event.case_id.id,
                    "date": event.date
                    if from_begin
                    else max(event.date, event.case_id.company_id._dunning_today()),
                    "kind": event.kind,
                    "amount": event.amount,
                    "note": event._get_reversal_note(),
                    "reverses_id": event.id,
                }
                for event in self
            ]
        )

    def _get_reversal_note(self):
        """Return the note in the language in which the account is printed."""
        self.ensure_one()
        env = self.with_context(lang=self.case_id._get_lang()).env
        return env._(
            "Reversal of %(note)s", note=self.note or format_date(env, self.date)
        )

    def _recharge_interest(self):
        """Compute interest again that was charged past the day of new events.

        In which order things are entered must not matter, and what was paid, or has
        to be paid first, decides how much principal is left to bear interest.
        """
        entered = self.filtered(
            lambda event: event.case_id.state == "open"
            and not event.interest_to
            and not event.reverses_id.interest_to
            and event._moves_principal()
        )
        for case, events in entered.grouped("case_id").items():
            # what is taken back has never counted for interest, from its own day on
            days = (events | events.reverses_id).mapped("date")
            case._recharge_interest(min(days))

    def _moves_principal(self):
        """Say whether the event changes how much principal was left at any time.

        What a payment settles before the principal does so where there is one.
        """
        self.ensure_one()
        settling = ("payment", "waiver")
        first = min(self.date, self.reverses_id.date or self.date)
        return self.kind in ("principal", *settling) or any(
            other.kind in settling and other.date >= first
            for other in self.case_id._get_lasting_claims()
        )

    def _get_events(self):
        """Return the events as the engine folds them."""
        return [
            claim.Event(
                id=event._origin.id or 0,
                day=event.date,
                kind=event.kind,
                amount=event.amount,
                reverses=event.reverses_id.id or None,
            )
            for event in self
            if event.date and event.kind
        ]
