from odoo import api, fields, models

from ..engine import limitation
from .account_legal_procedure import CONFIDENCE

EVENT_KINDS = [
    ("demand", "Demand"),
    ("acknowledgment", "Acknowledgment"),
    ("part_payment", "Part payment"),
    ("negotiation", "Negotiation"),
    ("filing", "Claim filed"),
    ("enforcement", "Act of enforcement"),
    ("judgment", "Judgment or title"),
    ("insolvency", "Claim in insolvency"),
]


class AccountLegalLimitationRule(models.Model):
    """What an event does to the limitation periods of a country."""

    _name = "account.legal.limitation.rule"
    _description = "Limitation Rule"
    _inherit = ["account.dunning.shipped"]
    _order = "country_id, cost, id"

    country_id = fields.Many2one(
        comodel_name="res.country", required=True, index=True, ondelete="cascade"
    )
    active = fields.Boolean(default=True)
    event = fields.Selection(selection=EVENT_KINDS, required=True)
    effect = fields.Selection(
        selection=[
            ("restart", "A new period runs"),
            ("suspend", "Time stands still"),
            ("stay", "It does not end yet"),
            ("demand", "It is held, if a claim follows"),
            ("none", "Nothing"),
        ],
        required=True,
    )
    months = fields.Integer(help="For how long after the event it still counts.")
    years = fields.Integer(
        string="New Period", help="Years, if a restart begins another period."
    )
    lasts = fields.Boolean(help="The event goes on until its end is entered.")
    least_months = fields.Integer(
        string="Least Time Left",
        help="Months after a suspension before which the period does not end.",
    )
    repeats = fields.Boolean(
        default=True, help="It counts again within the months of an earlier one."
    )
    cost = fields.Integer(
        string="Effort",
        default=50,
        help="What is tried first to save a claim: the least effort that works.",
    )
    source = fields.Char()
    verified_on = fields.Date()
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _one_an_event = models.UniqueIndex(
        "(country_id, event) WHERE active", "The country has a rule for the event."
    )

    # === COMPUTE METHODS === #

    @api.depends("event", "effect")
    def _compute_display_name(self):
        events = dict(self._fields["event"]._description_selection(self.env))
        effects = dict(self._fields["effect"]._description_selection(self.env))
        for rule in self:
            rule.display_name = self.env._(
                "%(event)s: %(effect)s",
                event=events.get(rule.event, ""),
                effect=effects.get(rule.effect, ""),
            )

    # === BUSINESS METHODS === #

    def _to_event(self, first, last=None):
        """Return the engine's event of the rule between two days."""
        self.ensure_one()
        return limitation.Event(
            first=first,
            effect=self.effect,
            last=last or (None if self.lasts else first),
            months=self.months,
            years=self.years,
            repeats=self.repeats,
            lasts=self.lasts,
            least_months=self.least_months,
        )
