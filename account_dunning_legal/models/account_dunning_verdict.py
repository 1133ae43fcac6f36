from odoo import fields, models


class AccountDunningVerdict(models.Model):
    _inherit = "account.dunning.verdict"

    reason = fields.Selection(
        selection_add=[
            ("not_due",),
            ("legal", "In a legal case"),
            ("disputed",),
        ],
        # verdicts are working papers of a run; one that nobody can explain any more
        # goes with the addon
        ondelete={"legal": "cascade"},
    )

    # === BUSINESS METHODS - EXPLANATION === #

    def _explain_legal(self, row):
        remedy = self.env._("Close or cancel the legal case.")
        case = self._get_cause_name(row)
        if case:
            return self.env._("In legal case %(case)s.", case=case), remedy
        return self.env._("In an open legal case."), remedy
