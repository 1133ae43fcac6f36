from odoo import models


class SmsComposer(models.TransientModel):
    """Messages about debtors are always kept with what they are about.

    Those that are not could not be told from others, and would pass the gate by.
    """

    _inherit = "sms.composer"

    def _action_send_sms_mass(self, records=None):
        if self._is_about_debtors():
            self.mass_keep_log = True
        return super()._action_send_sms_mass(records)

    def _action_send_sms_numbers(self):
        if self._is_about_debtors() and (records := self._get_records()):
            return self._action_send_sms_comment(records)
        return super()._action_send_sms_numbers()

    def _is_about_debtors(self):
        gated = self.env["account.dunning.gate"]._get_gated_models()
        return self.res_model in gated
