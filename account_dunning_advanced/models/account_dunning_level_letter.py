from odoo import api, fields, models

from ..engine.letter_window import WINDOWS


class AccountDunningLevelLetter(models.Model):
    """What a level's letter and e-mail look like and bring along."""

    # a room of its own: letter and e-mail
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.level"

    letter_window = fields.Selection(
        string="Address Window",
        selection=lambda self: self._selection_letter_window(),
        help="Where the envelope shows the address. Empty: as the company's settings"
        " say.",
    )
    attach_invoices = fields.Boolean(
        help="The e-mail brings the invoices along, as they were sent or printed anew."
    )
    attach_statement = fields.Boolean(
        string="Attach Spreadsheet",
        help="The e-mail brings the open items of the notice along as a spreadsheet.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("letter_window")
    def _check_letter_window(self):
        for level in self.filtered("letter_window"):
            company = level.company_id or self.env.company
            company._check_dunning_window(level.letter_window)

    # === BUSINESS METHODS === #

    @api.model
    def _selection_letter_window(self):
        return [(code, window.label) for code, window in WINDOWS.items()]

    def _get_next_level(self):
        """Return the level one step above, or an empty recordset."""
        self.ensure_one()
        position = (self.sequence, self.id)
        siblings = (self.policy_id.level_ids - self).filtered("active")
        return siblings.filtered(
            lambda level: (level.sequence, level.id) > position
        ).sorted(lambda level: (level.sequence, level.id))[:1]
