from markupsafe import Markup

from odoo import api, fields, models


class BaseModuleUninstall(models.TransientModel):
    _inherit = "base.module.uninstall"

    dunning_loss = fields.Html(
        string="What Dunning Takes Along",
        compute="_compute_dunning_loss",
        sanitize=False,
        help="What is lost with the dunning addons, and what stays.",
    )

    @api.depends("module_ids")
    def _compute_dunning_loss(self):
        for wizard in self:
            wizard.dunning_loss = wizard._describe_dunning_loss()

    def _get_dunning_losses(self):
        """Return {module: models whose records people would miss}.

        For an addon to have its records told before it is uninstalled, it must add to
        this.
        """
        return {
            "account_dunning_advanced": [
                "account.dunning.policy",
                "account.dunning.run",
                "account.dunning.notice",
                "account.dunning.contact",
                "account.dunning.reply",
                "account.dunning.hold",
                "account.dunning.promise",
                "account.dunning.dispute",
                "account.dunning.debtor",
                "account.dunning.erasure",
            ]
        }

    def _describe_dunning_loss(self):
        """Say how much goes with the modules, and what stays in the ledger."""
        self.ensure_one()
        names = set(self._get_modules().mapped("name"))
        concerned = [
            model
            for module, models_ in self._get_dunning_losses().items()
            if module in names
            for model in models_
        ]
        if not concerned:
            return False
        counts = [
            (self.env["ir.model"]._get(model).name, self._count_dunning(model))
            for model in concerned
        ]
        items = Markup("").join(
            Markup("<li>%s: <b>%s</b></li>") % pair for pair in counts if pair[1]
        )
        goes = self.env._("This goes for good, with its messages and attachments:")
        nothing = self.env._("No record of dunning is there to be lost.")
        loss = (
            Markup("<p>%s</p><ul>%s</ul>") % (goes, items)
            if items
            else Markup("<p>%s</p>") % nothing
        )
        return loss + Markup("<p>%s</p>") % self._describe_dunning_rest(names)

    def _count_dunning(self, model):
        # who may uninstall sees the figures of all companies
        Model_sudo = self.env[model].sudo().with_context(active_test=False)
        return Model_sudo.search_count([])

    def _describe_dunning_rest(self, names):
        """Say what stays: all that is in the ledger."""
        if "account_dunning_advanced" not in names:
            return self.env._("Notices, contacts and the ledger stay as they are.")
        bills = (
            self.env["account.move"]
            .sudo()
            .search_count([("dunning_notice_id", "!=", False)])
        )
        return self.env._(
            "The ledger stays as it is: invoices, payments and reconciliations, and the"
            " %(count)s bills and credits of charges. Make a backup first if you may"
            " need the rest: letters, contact records and agreements are proof.",
            count=bills,
        )
