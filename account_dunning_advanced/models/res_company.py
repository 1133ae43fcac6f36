from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tools import format_date

from ..engine.letter_window import WINDOWS


class ResCompany(models.Model):
    _inherit = "res.company"

    dunning_policy_id = fields.Many2one(
        comodel_name="account.dunning.policy",
        default=lambda self: self._default_dunning_policy_id(),
        domain="[('company_id', 'in', (id, False))]",
        ondelete="restrict",
        help="The ladder for everything that no invoice, customer or rule decides.",
    )
    dunning_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dunning Responsible",
        domain="[('share', '=', False)]",
        help="Is told when something needs a hand.",
    )
    dunning_daily = fields.Boolean(
        string="Propose Daily",
        help="The daily job proposes a dunning run for this company.",
    )
    dunning_payment_order_id = fields.Many2one(
        comodel_name="account.dunning.payment.order",
        domain="[('company_id', 'in', (id, False))]",
        ondelete="restrict",
        help="What a payment settles first. Empty: as the law of the company's country"
        " says.",
    )

    dunning_letter_window = fields.Selection(
        string="Address Window",
        selection=lambda self: self._selection_dunning_letter_window(),
        help="Where the envelopes of dunning letters show the address. Empty: where the"
        " document layout puts it.",
    )
    dunning_test_email = fields.Char(
        groups="base.group_user",
        string="Test Address",
        help="As long as it is set, all dunning e-mails go to this address instead of"
        " the customers; their subject says so.",
    )

    # === DEFAULTS AND SELECTIONS === #

    def _default_dunning_policy_id(self):
        return self.env.ref(
            "account_dunning_advanced.account_dunning_policy_default",
            raise_if_not_found=False,
        )

    @api.model
    def _selection_dunning_letter_window(self):
        return self.env["account.dunning.level"]._selection_letter_window()

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("dunning_letter_window", "paperformat_id")
    def _check_dunning_letter_window(self):
        for company in self.filtered("dunning_letter_window"):
            company._check_dunning_window(company.dunning_letter_window)

    def _check_dunning_window(self, code):
        """:raise ValidationError: the header of the paper covers a window."""
        self.ensure_one()
        notices = self.env["account.dunning.notice"].with_company(self)
        margin, window = notices._get_letter_margin_top(), WINDOWS[code]
        if window.top < margin:
            raise ValidationError(
                self.env._(
                    "The window “%(window)s” begins %(top)s mm from above, but the"
                    " header of the paper format takes %(margin)s mm. Choose a paper"
                    " format with a lower top margin first.",
                    window=window.label,
                    top=window.top,
                    margin=margin,
                )
            )

    # === BUSINESS METHODS - DAYS === #

    def _dunning_today(self):
        """Return today's date where the company is.

        The company has no time zone of its own in Odoo: that of its address record
        counts, or else the user's.
        """
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._get_dunning_tz()))

    def _get_dunning_tz(self):
        """Return the time zone in which the company's days begin and end."""
        self.ensure_one()
        tz = self.sudo().partner_id.tz or self.env.context.get("tz") or self.env.user.tz
        return tz or "UTC"

    # === BUSINESS METHODS - SETTINGS AND LOCKS === #

    def _check_dunning_setup(self, names):
        """Refuse what is not set up yet, with the way to the settings.

        :param names: fields of the company that must not be empty.
        :raise RedirectWarning: one is missing.
        """
        self.ensure_one()
        missing = [name for name in names if not self[name]]
        if not missing:
            return
        raise self._redirect_to_dunning_settings(
            self.env._(
                "%(company)s has no %(fields)s. Choose it in the settings, section"
                " Dunning.",
                company=self.name,
                fields=", ".join(
                    self._fields[name]._description_string(self.env) for name in missing
                ),
            )
        )

    @api.model
    def _redirect_to_dunning_settings(self, message):
        """Return the error that says what to set, with a link to the settings."""
        action = self.env.ref("account.action_account_config")
        return RedirectWarning(message, action.id, self.env._("Go to the settings"))

    def _check_dunning_lock(self, date, has_tax, journal):
        """Refuse a posting date that is locked, before anything is written.

        Odoo would move the entry to the next open day without a word; what is booked
        belongs to the period that was approved.

        :raise UserError: the day is locked.
        """
        self.ensure_one()
        violated = self._get_violated_lock_dates(date, has_tax, journal)
        if violated:
            raise UserError(
                self.env._(
                    "%(date)s is locked: nothing can be posted up to %(lock)s. Choose a"
                    " later date.",
                    date=format_date(self.env, date),
                    lock=format_date(self.env, violated[-1][0]),
                )
            )

    def _get_dunning_payment_order(self):
        """Return the payment order: the chosen one, else that of the country."""
        self.ensure_one()
        country = self.account_fiscal_country_id or self.country_id
        return self.dunning_payment_order_id or self.env[
            "account.dunning.payment.order"
        ]._find_for(country, self)
