from odoo import api, models

# What a template renders for each message.
RENDERED_FIELDS = ("body", "lang")


class SmsTemplate(models.Model):
    _inherit = "sms.template"

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains(*RENDERED_FIELDS)
    def _check_dunning_template(self):
        """Try a template of notices out when it is saved, as that of an e-mail.

        :raise ValidationError: it cannot be rendered, or its text breaks a rule.
        """
        Mail = self.env["mail.template"]
        for template in self.filtered("model"):
            Mail._check_dunning_texts(template, RENDERED_FIELDS, {"sms": "body"})
