from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.account_dunning_advanced.models.account_dunning_guard import (
    GUARD_KEY,
    GUARD_SENTINEL,
)

from .account_legal_limitation_rule import EVENT_KINDS


class AccountLegalLimitationEvent(models.Model):
    """Something that happened to a claim and may move its limitation period."""

    _name = "account.legal.limitation.event"
    _description = "Limitation Event"
    _inherit = ["account.dunning.guard"]
    _order = "date_from, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    kind = fields.Selection(selection=EVENT_KINDS, required=True)
    date_from = fields.Date(
        string="On", required=True, help="When it happened or began."
    )
    date_to = fields.Date(
        string="Until", help="When it ended, such as a suit or negotiations."
    )
    clock_ids = fields.Many2many(
        comodel_name="account.legal.clock",
        relation="account_legal_clock_event_rel",
        column1="event_id",
        column2="clock_id",
        string="Claims",
        required=True,
    )
    note = fields.Char(help="How it is proved.")
    step_id = fields.Many2one(
        comodel_name="account.legal.case.step",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The step of a case that it comes from.",
    )
    partial_id = fields.Many2one(
        comodel_name="account.partial.reconcile",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The payment that it comes from.",
    )
    attempt_id = fields.Many2one(
        comodel_name="account.legal.attempt",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The enforcement that it comes from.",
    )

    _days_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "It cannot end before it began.",
    )

    # === COMPUTE METHODS === #

    @api.depends("kind", "date_from")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for event in self:
            event.display_name = f"{labels.get(event.kind, '')} {event.date_from or ''}"

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("clock_ids", "company_id")
    def _check_clocks(self):
        for event in self:
            if not event.clock_ids:
                raise ValidationError(
                    self.env._("Say which claims the %(event)s concerns.", event=event)
                )
            if event.clock_ids.company_id - event.company_id:
                raise ValidationError(
                    self.env._("The claims of an event belong to one company.")
                )

    # === CRUD METHODS === #

    def write(self, vals):
        if {"kind", "date_from"} & vals.keys():
            self._check_source()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_derived(self):
        for event in self:
            if event.step_id and event.step_id.date_start:
                raise UserError(
                    self.env._(
                        "The event comes from step “%(step)s” of a case and is kept.",
                        step=event.step_id.name,
                    )
                )

    # === BUSINESS METHODS === #

    def _check_source(self):
        """:raise UserError: the event says what a step, payment or attempt says."""
        if self.env.su or self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        for event in self:
            origin = event.step_id or event.partial_id or event.attempt_id
            if origin:
                raise UserError(
                    self.env._(
                        "%(event)s comes from %(origin)s. Correct it there.",
                        event=event.display_name,
                        origin=event.note or origin.display_name,
                    )
                )

    def _to_events(self, country):
        """Return the engine's events by the rules of a country."""
        rules = {
            rule.event: rule
            for rule in self.env["account.legal.limitation.rule"].search(
                [("country_id", "=", country.id)]
            )
        }
        return [
            rules[event.kind]._to_event(event.date_from, event.date_to)
            for event in self
            if event.kind in rules and event.date_from
        ]
