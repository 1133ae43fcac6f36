from odoo import api, fields, models


class AccountDunningPolicyPromise(models.Model):
    """What collectors may agree, and what happens when an agreement is broken."""

    _inherit = "account.dunning.policy"

    promise_tolerance_days = fields.Integer(
        string="Tolerance (days)",
        default=3,
        help="So many days after its date an instalment still counts as kept; proposed"
        " for new agreements.",
    )
    promise_reminder_days = fields.Integer(
        string="Remind Before (days)",
        default=2,
        help="So many days before an instalment the customer is reminded of it by"
        " e-mail; 0 for no reminder.",
    )
    promise_break_action = fields.Selection(
        selection=[
            ("resume", "Dunning goes on where it stood"),
            ("raise", "The next run gives the next level at once"),
            ("cancel", "The rest of the plan is cancelled: all falls due"),
            ("legal", "The legal step is proposed to the collector"),
        ],
        string="When Broken",
        required=True,
        default="resume",
        tracking=True,
        help="The collector is told in any case, and a settlement waives nothing.",
    )
    promise_max_days = fields.Integer(
        string="Longest (days)",
        tracking=True,
        help="Longer agreements need a manager's approval; 0 for no limit.",
    )
    promise_max_instalments = fields.Integer(
        string="Most Instalments",
        tracking=True,
        help="Plans of more instalments need a manager's approval; 0 for no limit.",
    )
    promise_max_discount = fields.Float(
        string="Largest Discount (%)",
        digits=(5, 2),
        tracking=True,
        help="Settlements that waive more need a manager's approval; 0 for no limit.",
    )

    promise_interest_rate = fields.Float(
        string="Interest on Plans (% a year)",
        digits=(5, 2),
        help="Proposed for new payment plans; 0 for none.",
    )

    _promise_settings_positive = models.Constraint(
        "CHECK (promise_tolerance_days >= 0 AND promise_reminder_days >= 0"
        " AND promise_max_days >= 0 AND promise_max_instalments >= 0"
        " AND COALESCE(promise_interest_rate, 0) >= 0"
        " AND promise_max_discount BETWEEN 0 AND 100)",
        "Days and limits of agreements are not negative, discounts at most 100.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("promise_interest_rate")
    def _check_promise_interest_rate(self):
        """:raise RedirectWarning: what billing the interest needs is not set."""
        self._check_charge_settings()

    # === BUSINESS METHODS === #

    def _bills_charges(self):
        return super()._bills_charges() or self.promise_interest_rate > 0
