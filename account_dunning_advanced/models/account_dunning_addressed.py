from odoo import models


class AccountDunningAddressed(models.AbstractModel):
    """Something that is written to a customer: to whom, and in which language.

    A model that inherits it has a ``partner_id`` and a ``company_id``.
    """

    _name = "account.dunning.addressed"
    _description = "Written to a Customer"

    def _get_recipient(self):
        """Return whom it is written to: who gets the customer's reminders or invoices.

        The first of them who can be reached by e-mail.
        """
        self.ensure_one()
        addresses = self.partner_id.address_get(["dunning", "invoice"])
        contacts = self.env["res.partner"].browse(
            [addresses["dunning"], addresses["invoice"], self.partner_id.id]
        )
        return contacts.filtered("email_normalized")[:1] or contacts[:1]

    def _get_lang(self):
        """Return the language the customer is written to in."""
        self.ensure_one()
        return (
            self._get_recipient().lang
            or self.partner_id.lang
            or self.company_id.partner_id.lang
            or self.env.lang
        )
