from odoo import api, fields, models
from odoo.tools import format_date


class AccountDunningPromise(models.Model):
    """Keeps who signed an agreement in the portal."""

    _inherit = "account.dunning.promise"

    signed_by = fields.Char(
        readonly=True, copy=False, help="The name that the customer signed with."
    )
    signed_on = fields.Datetime(readonly=True, copy=False)
    # In the table itself: an attachment could be put in its place by whoever may write
    # the agreement, past the guard.
    signature = fields.Binary(
        string="Drawn Signature",
        attachment=False,
        readonly=True,
        copy=False,
        help="What the customer drew beside the name.",
    )

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"signed_by", "signed_on", "signature"}

    def _get_signed_sentence(self):
        """Return who signed the agreement and when, as its confirmation says it.

        The day is that of the company.
        """
        self.ensure_one()
        if not self.signed_by:
            return ""
        there = self.with_context(tz=self.company_id._get_dunning_tz())
        signed_on = fields.Datetime.context_timestamp(there, self.signed_on)
        return self.env._(
            "Signed by %(name)s on %(date)s.",
            name=self.signed_by,
            date=format_date(self.env, signed_on.date()),
        )
