from odoo import api, fields, models


class AccountDunningPolicyDelivery(models.Model):
    """How careful the delivery of a policy's notices is."""

    # a room of its own: delivery
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.policy"

    canary_count = fields.Integer(
        string="Check First",
        help="So many notices of each run are to be looked at before any is delivered."
        " 0: delivery does not wait.",
    )
    max_bounce_percent = fields.Float(
        string="Stop at Bounces (%)",
        default=20,
        help="Delivery of a run stops when more than this share of its e-mails came"
        " back, and at least three. 0: it does not stop.",
    )

    letter_post = fields.Boolean(
        string="Post Letters",
        help="Letters are handed to the postal service (Snailmail) instead of being"
        " printed.",
    )
    has_post = fields.Boolean(compute="_compute_has_post")

    _canary_count_positive = models.Constraint(
        "CHECK (canary_count >= 0)", "The number of notices to check is not negative."
    )
    _max_bounce_percent_range = models.Constraint(
        "CHECK (max_bounce_percent BETWEEN 0 AND 100)",
        "The share of bounces is between 0 and 100 %.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid")
    def _compute_has_post(self):
        self.has_post = self.env["account.dunning.notice"]._has_post()
