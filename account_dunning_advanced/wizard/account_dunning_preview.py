import base64

from odoo import api, fields, models
from odoo.tools import html_sanitize


class AccountDunningPreview(models.TransientModel):
    """Any level's letter and e-mail for any customer, as they would be today.

    Nothing is issued: no number is given, no level raised, nothing charged or sent.
    """

    _name = "account.dunning.preview"
    _description = "Preview of a Dunning Level"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        required=True,
        default=lambda self: self.env.company.dunning_policy_id.level_ids[:1],
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        default=lambda self: self._default_partner_id(),
        domain="[('commercial_partner_id', '=', id)]",
        help="Empty: a customer who owes something.",
    )
    letter = fields.Binary(readonly=True, attachment=False)
    letter_name = fields.Char(compute="_compute_letter_name")
    mail_subject = fields.Char(string="Subject", readonly=True)
    mail_body = fields.Html(string="E-mail", readonly=True, sanitize=False)

    @api.model
    def _default_partner_id(self):
        """Return the customer whose row the wizard was opened on, if any."""
        if self.env.context.get("active_model") != "account.dunning.debtor":
            return False
        debtor = self.env["account.dunning.debtor"].browse(
            self.env.context.get("active_id")
        )
        return debtor.partner_id

    # === COMPUTE METHODS === #

    @api.depends("level_id")
    def _compute_letter_name(self):
        for wizard in self:
            wizard.letter_name = f"{wizard.level_id.name or ''}.pdf"

    # === ACTION METHODS === #

    @api.model
    def _open(self, **values):
        """Return the action that opens the wizard with these values."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    def action_preview(self):
        """Show letter and e-mail."""
        self.ensure_one()
        # letters are made with superuser rights: only for whom the user may see
        self.level_id.check_access("read")
        self.partner_id.check_access("read")
        self.write(self._render())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def _render(self):
        """Return the values to show."""
        template = self.level_id.mail_template_id
        notices = self.env["account.dunning.notice"].with_company(self.company_id)
        with notices._sample(
            self.level_id, self.partner_id.commercial_partner_id, self.company_id
        ) as notice:
            values = {"letter": base64.b64encode(notice._render_sample_letter())}
            if template and self.level_id.channel_email:
                mail = notice._render_sample_mail(template)
                values["mail_subject"] = mail["subject"]
                values["mail_body"] = html_sanitize(mail["body_html"])
        return values
