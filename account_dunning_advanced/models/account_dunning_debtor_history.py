from odoo import fields, models

# How many events the debtor's page lists; the button shows them all.
EVENTS_SHOWN = 60


class AccountDunningDebtorHistory(models.Model):
    """What else the debtor's page tells: the history, the group, the notes."""

    # a room of its own: nothing but the note is stored
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    history_ids = fields.Many2many(
        comodel_name="account.dunning.history",
        compute="_compute_history_ids",
        string="History",
        help="The latest notices, contacts, agreements, disputes, holds and payments.",
    )
    note = fields.Html(
        string="Notes", help="What colleagues should know; never shown to the customer."
    )
    related_debtor_ids = fields.Many2many(
        comodel_name="account.dunning.debtor",
        compute="_compute_related_debtor_ids",
        string="Companies of the Group",
        help="Other debtors above and below this one among the contacts.",
    )
    phone = fields.Char(related="partner_id.phone")
    email = fields.Char(related="partner_id.email")

    # === COMPUTE METHODS === #

    def _compute_history_ids(self):
        for debtor in self:
            debtor.history_ids = self.env["account.dunning.history"].search_fetch(
                debtor._get_history_domain(), limit=EVENTS_SHOWN
            )

    def _compute_related_debtor_ids(self):
        for debtor in self:
            root = debtor.partner_id
            while root.parent_id:
                root = root.parent_id
            debtor.related_debtor_ids = self.search(
                [
                    ("partner_id", "child_of", root.id),
                    ("company_id", "=", debtor.company_id.id),
                    ("id", "!=", debtor.id),
                ]
            )

    # === ACTION METHODS === #

    def action_view_history(self):
        """Open everything that has happened with the debtor."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("History of %s", self.partner_id.display_name),
            "res_model": "account.dunning.history",
            "view_mode": "list",
            "domain": self._get_history_domain(),
        }

    # === BUSINESS METHODS === #

    def _get_history_domain(self):
        self.ensure_one()
        return [
            ("partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
