from odoo import api, models
from odoo.exceptions import ValidationError

# What the templates of notices are called.
LETTER_KEY = "account_dunning_advanced.report_notice"


class IrUiView(models.Model):
    _inherit = "ir.ui.view"

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("arch_db", "active")
    def _check_dunning_letter(self):
        """Try the letter out when one of its templates is saved.

        :raise ValidationError: it cannot be rendered.
        """
        if self.env.registry.ready and any(v._is_dunning_letter() for v in self):
            self._check_dunning_letter_rendering()

    # === BUSINESS METHODS === #

    def _is_dunning_letter(self):
        """Whether the view is a part of the letter, or changes one."""
        self.ensure_one()
        root = self
        while root.inherit_id:
            root = root.inherit_id
        return (root.key or "").startswith(LETTER_KEY)

    @api.model
    def _check_dunning_letter_rendering(self):
        level = self.env["account.dunning.level"].search([], limit=1)
        if not level:
            return
        # caches of compiled templates are cleared by the writing itself
        with self.env["account.dunning.notice"]._sample(level) as notice:
            reports = self.env["ir.actions.report"].sudo()
            try:
                reports._render_qweb_html(LETTER_KEY, notice.ids)
            except Exception as error:  # whatever the template runs into
                raise ValidationError(
                    self.env._("The letter cannot be rendered: %(error)s", error=error)
                ) from error
