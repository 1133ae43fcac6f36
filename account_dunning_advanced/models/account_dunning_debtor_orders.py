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

    @api.model
    def _get_trade_partner_fields(self):
        """Return the fields that may name who orders, or who is to pay."""
        return ("partner_id", "partner_invoice_id")

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
            Debtor = self.env["account.dunning.debtor"]
            late_sudo = Debtor._check_trade_documents(self)
            result = origin(self, *args, **kwargs)
            Debtor._warn_on_documents(self, late_sudo)
            return result

        setattr(confirm, ASKS, True)
        confirm.__name__ = name
        confirm.__doc__ = origin.__doc__
        setattr(model_class, name, confirm)

    @api.model
    def _check_trade_documents(self, documents):
        """Let documents that sell something be confirmed, or not.

        What a customer accepts and pays online runs with the system's rights, and is
        left alone: a person of the company is who may be told no.

        :return: the rows of their customers, read with all rights.
        :raise UserError: new business with a customer is stopped.
        """
        debtors_sudo = self.sudo().browse()
        if self.env.su:
            return debtors_sudo
        for company, records in documents.grouped("company_id").items():
            of_company = self._get_up_to_date(
                self._get_trade_partners(records), company
            )
            of_company._check_trade()
            debtors_sudo |= of_company.sudo()
        return debtors_sudo

    @api.model
    def _get_trade_partners(self, documents):
        """Return who orders, and who is to pay."""
        partners = self.env["res.partner"]
        for name in self._get_trade_partner_fields():
            if name in documents._fields:
                partners |= documents[name]
        return partners

    @api.model
    def _warn_on_documents(self, documents, debtors):
        """Leave a note on documents that were confirmed for late payers."""
        for document in documents:
            partners = self._get_trade_partners(document).commercial_partner_id
            for debtor in debtors.filtered(
                lambda debtor, document=document, partners=partners: (
                    debtor.trade_effect == "warn"
                    and debtor.company_id == document.company_id
                    and debtor.partner_id in partners
                )
            ):
                document.message_post(body=debtor.trade_text)
