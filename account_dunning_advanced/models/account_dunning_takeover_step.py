from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AccountDunningTakeoverStep(models.Model):
    """A level of another software's ladder, and the one that stands for it here."""

    _name = "account.dunning.takeover.step"
    _description = "Step of Another Software"
    _inherit = ["account.dunning.guard"]
    _order = "takeover_id, policy, sequence, id"
    _check_company_auto = True

    takeover_id = fields.Many2one(
        comodel_name="account.dunning.takeover",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="takeover_id.company_id", store=True)
    key = fields.Char(required=True, readonly=True)
    policy = fields.Char(string="Ladder", readonly=True)
    name = fields.Char(string="Step", required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    day_basis = fields.Selection(
        selection=lambda self: (
            self.env["account.dunning.level"]
            ._fields["day_basis"]
            ._description_selection(self.env)
        ),
        required=True,
        readonly=True,
        default="due",
    )
    delay_days = fields.Integer(string="Delay", readonly=True)
    by_email = fields.Boolean(string="By E-mail", readonly=True)
    by_letter = fields.Boolean(readonly=True)
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        string="Stands for Level",
        check_company=True,
        context={"dunning_show_policy": True},
        ondelete="set null",
        help="Items that reached the step have reached this level. Empty: the ladder is"
        " made anew.",
    )
    item_count = fields.Integer(string="Items", compute="_compute_item_count")

    # === COMPUTE METHODS === #

    def _compute_item_count(self):
        counts = dict(
            self.env["account.dunning.takeover.line"]._read_group(
                [("step_id", "in", self.ids), ("problem", "=", False)],
                ["step_id"],
                ["__count"],
            )
        )
        for step in self:
            step.item_count = counts.get(step, 0)

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {
            *("takeover_id", "key", "policy", "name", "sequence"),
            *("day_basis", "delay_days", "by_email", "by_letter"),
        }

    def write(self, vals):
        if any(step.takeover_id.state == "done" for step in self):
            raise UserError(self.env._("This was taken over; it is as it was."))
        return super().write(vals)

    # === BUSINESS METHODS === #

    def _make_policy(self, name):
        """Make the ladder of these steps; the steps then stand for its levels."""
        takeover = self.takeover_id
        steps = self.sorted("sequence")
        policy = (
            self.env["account.dunning.policy"]
            .with_company(takeover.company_id)
            .create(
                {
                    "name": name,
                    "company_id": takeover.company_id.id,
                    "level_ids": [
                        Command.create(step._prepare_level(place, len(steps)))
                        for place, step in enumerate(steps, 1)
                    ],
                }
            )
        )
        levels = policy.level_ids.sorted(lambda level: (level.sequence, level.id))
        for step, level in zip(steps, levels, strict=True):
            step.level_id = level
        return policy

    def _prepare_level(self, place, count):
        """Return values of the level in that place of so many."""
        self.ensure_one()
        tone = "friendly" if place == 1 else "last" if place == count else "firm"
        return {
            "name": self.name,
            "sequence": place * 10,
            "tone": tone,
            "day_basis": self.day_basis,
            "delay_days": self.delay_days,
            # who could be reached in no way that we have is at least written to
            "channel_email": self.by_email or not self.by_letter,
            "channel_letter": self.by_letter,
        }
