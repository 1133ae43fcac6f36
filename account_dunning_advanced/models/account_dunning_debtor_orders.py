from odoo import api, models

# What says of a method that it asks before it confirms.
ASKS = "asks_account_dunning"


class AccountDunningDebtorOrders(models.Model):
    """Orders of late payers are stopped as their invoices are.

    The addons that bring orders need not be installed, and are not asked for: where
    such a model is there, confirming asks first.
    """

    # a room of its own: documents of addons that may be missing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    @api.model
    def _get_trade_documents(self):
        """Return {model: the method by which a person confirms it}.

        For an addon to have its documents stopped, it must add them here. Each model
        has a ``partner_id`` and a ``company_id``.
        """
        return {"sale.order": "action_confirm"}

    def _register_hook(self):
        super()._register_hook()
        for model, method in self._get_trade_documents().items():
            if model in self.env:
                self._ask_before(self.env.registry[model], method)

    def _unregister_hook(self):
        for model, method in self._get_trade_documents().items():
            own = vars(self.env.registry.get(model, object))
            if hasattr(own.get(method), ASKS):
                delattr(self.env.registry[model], method)
        return super()._unregister_hook()

    @api.model
    def _ask_before(self, model_class, name):
        """Let a method of a model ask first; once, however often it is called."""
        origin = getattr(model_class, name)
        if hasattr(origin, ASKS):
            return

        def confirm(self, *args, **kwargs):
            self.env["account.dunning.debtor"]._check_trade_documents(self)
            return origin(self, *args, **kwargs)

        setattr(confirm, ASKS, True)
        confirm.__name__ = name
        confirm.__doc__ = origin.__doc__
        setattr(model_class, name, confirm)

    @api.model
    def _check_trade_documents(self, documents):
        """Let documents that sell something be confirmed, or not.

        What a customer accepts and pays online runs with the system's rights, and is
        left alone: a person of the company is who may be told no.

        :raise UserError: new business with a customer is stopped.
        """
        if self.env.su:
            return
        for company, records in documents.grouped("company_id").items():
            debtors = self._get_up_to_date(records.partner_id, company)
            debtors._check_trade()
