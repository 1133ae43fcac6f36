from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from odoo.addons.account_dunning_advanced.engine.rounding import to_decimal

from ..engine import fee as engine


class AccountLegalFee(models.Model):
    """A tariff of a court or an authority, with its versions over time.

    A change of the law is a new version from its day on; a company that pays another
    fee adds a version or copies the tariff.
    """

    _name = "account.legal.fee"
    _description = "Court Fee"
    _inherit = ["account.dunning.shipped", "account.dunning.coded"]
    _order = "country_id, sequence, code, id"

    name = fields.Char(required=True, translate=True)
    native_name = fields.Char(help="What the law of the country calls it.")
    code = fields.Char(required=True, copy=False, help="Short name for imports.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    country_id = fields.Many2one(comodel_name="res.country", index="btree_not_null")
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        help="The currency of all amounts of the tariff.",
    )
    basis = fields.Selection(
        string="Value",
        selection=[
            ("principal", "Principal without interest and costs"),
            ("claim", "The whole claim"),
        ],
        required=True,
        default="principal",
        help="What the court takes as the value of the claim.",
    )
    note = fields.Text(translate=True)
    version_ids = fields.One2many(
        comodel_name="account.legal.fee.version", inverse_name="fee_id", copy=True
    )

    _code_unique = models.UniqueIndex("(code)", "Another fee has this code already.")

    # === BUSINESS METHODS === #

    def compute_fee(self, value, date, parties=2):
        """Return what the tariff asks for.

        :param float value: the value of the claim in the tariff's currency.
        :param date: the day, as a date or an ISO string; the version that holds on it
            counts, for the tariffs that this one is a share of too.
        :param int parties: how many parties there are, where each is paid for.
        :raise UserError: no version holds on the day, or the value is above the scale.
        """
        self.ensure_one()
        self.check_access("read")
        return self._evaluate(value, fields.Date.to_date(date), parties)

    def _evaluate(self, value, day, parties):
        tariffs = self._get_tariffs(day)
        facts = engine.Facts(to_decimal(value), parties)
        try:
            return float(engine.evaluate(self.code, tariffs, facts))
        except engine.FeeError as error:
            raise UserError(self._explain_error(error, day)) from error

    def _convert_fee(self, value, currency, company, day, parties=2):
        """Return the fee on a claim in another currency, in that currency."""
        self.ensure_one()
        own_value = currency._convert(value, self.currency_id, company, day)
        amount = self._evaluate(own_value, day, parties)
        return self.currency_id._convert(amount, currency, company, day)

    @api.model
    def _get_tariffs(self, day):
        """Return {code: formula} of the versions that hold on a day."""
        versions = self.env["account.legal.fee.version"].search(
            [("valid_from", "<=", day), ("fee_id.active", "in", [True, False])],
            order="valid_from, id",
        )
        return {version.fee_id.code: version._to_formula() for version in versions}

    @api.model
    def _explain_error(self, error, day):
        fees = self.with_context(active_test=False).search([("code", "!=", False)])
        names = {fee.code: fee.name for fee in fees}
        name = names.get(error.code, error.code)
        if isinstance(error, engine.CycleError):
            return self.env._(
                "The fees refer to each other in a circle: %(path)s.",
                path=" → ".join(names.get(code, code) for code in error.path),
            )
        if isinstance(error, engine.DenominatorError):
            return self.env._(
                "Fee “%(fee)s” is a share divided by zero. Correct the denominator.",
                fee=name,
            )
        if isinstance(error, engine.AboveScaleError):
            return self.env._(
                "The scale of fee “%(fee)s” ends at %(limit)s. Ask the court.",
                fee=name,
                limit=error.args[1],
            )
        return self.env._(
            "Fee “%(fee)s” has no version for %(date)s.",
            fee=name,
            date=format_date(self.env, day),
        )

    def _check_versions(self):
        """:raise ValidationError: the fees refer to each other in a circle."""
        Version = self.env["account.legal.fee.version"].with_context(active_test=False)
        known = Version.search([("valid_from", "!=", False)])
        days = sorted(set(known.mapped("valid_from")))
        for day in days:
            tariffs = self._get_tariffs(day)
            for fee in self.filtered(lambda fee, known=tariffs: fee.code in known):
                try:
                    engine.check(fee.code, tariffs)
                except engine.UnknownTariffError:
                    continue  # its own version may begin later; told when it is used
                except engine.FeeError as error:
                    raise ValidationError(self._explain_error(error, day)) from error
