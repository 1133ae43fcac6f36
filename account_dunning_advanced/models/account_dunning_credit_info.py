from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date


class AccountDunningCreditInfo(models.Model):
    """What an agency, an insurer or a register says of a customer on a day.

    Kept as it was received; a new finding is a new record. Of watched customers the
    collector is told when the score has changed.
    """

    _name = "account.dunning.credit.info"
    _description = "Credit Information"
    _order = "date desc, id desc"
    _check_company_auto = True

    debtor_id = fields.Many2one(
        comodel_name="account.dunning.debtor",
        required=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(related="debtor_id.partner_id", store=True)
    company_id = fields.Many2one(related="debtor_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="The day of the finding.",
    )
    source = fields.Char(required=True, help="Agency, insurer or register.")
    score = fields.Float(
        digits=(10, 2),
        required=True,
        aggregator=None,
        help="As the source gives it.",
    )
    low_is_good = fields.Boolean(help="The source's best score is its lowest.")
    limit_recommended = fields.Monetary(string="Recommended Limit")
    note = fields.Char(string="Finding")
    report_ids = fields.Many2many(
        comodel_name="ir.attachment",
        relation="account_dunning_credit_info_report_rel",
        string="Report",
        copy=False,
    )
    previous_id = fields.Many2one(
        comodel_name="account.dunning.credit.info", compute="_compute_previous_id"
    )
    change = fields.Float(
        digits=(10, 2),
        compute="_compute_previous_id",
        help="Since the record before of the same source.",
    )
    is_worse = fields.Boolean(compute="_compute_previous_id")

    # === COMPUTE METHODS === #

    @api.depends("source", "date")
    def _compute_display_name(self):
        for info in self:
            info.display_name = self.env._(
                "%(agency)s of %(date)s",
                agency=info.source or "",
                date=info.date and format_date(self.env, info.date),
            )

    @api.depends("debtor_id.credit_info_ids.score", "score", "date", "source")
    def _compute_previous_id(self):
        for info in self:
            earlier = info.debtor_id.credit_info_ids.filtered(
                lambda other, info=info: (
                    other.source == info.source
                    and (other.date, other._origin.id) < (info.date, info._origin.id)
                )
            )
            info.previous_id = earlier.sorted(lambda other: (other.date, other.id))[-1:]
            info.change = info.previous_id and info.score - info.previous_id.score
            info.is_worse = info.change > 0 if info.low_is_good else info.change < 0

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("source", "low_is_good", "debtor_id")
    def _check_scale(self):
        for info in self:
            same = info.debtor_id.credit_info_ids.filtered(
                lambda other, info=info: other.source == info.source
            )
            if len(set(same.mapped("low_is_good"))) > 1:
                raise ValidationError(
                    self.env._(
                        "%(agency)s: either its low scores are good, or its high ones.",
                        agency=info.source,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        infos = super().create(vals_list)
        infos._adopt_reports()
        infos._alert()
        return infos

    def write(self, vals):
        scored = self if "score" in vals else self.browse()
        before = {info: info.score for info in scored}
        result = super().write(vals)
        # a figure that is set right is news as a new finding is
        scored.filtered(lambda info: info.score != before[info])._alert()
        return result

    # === BUSINESS METHODS === #

    def _adopt_reports(self):
        """Reports belong to the record: whoever may read it may read them."""
        for info in self:
            info.report_ids.filtered(lambda report: not report.res_id).write(
                {"res_model": info._name, "res_id": info.id}
            )

    def _alert(self):
        """Tell the collector of a watched customer that the score has changed."""
        for info in self:
            debtor = info.debtor_id
            if not debtor.is_watched or not info.previous_id or not info.change:
                continue
            if info in debtor.credit_info_ids.previous_id:
                # what was found before is filed, and has not changed anything since
                continue
            values = {
                "agency": info.source,
                "before": info.previous_id.score,
                "now": info.score,
            }
            text = (
                self.env._("Worse: %(agency)s from %(before)s to %(now)s", **values)
                if info.is_worse
                else self.env._(
                    "Better: %(agency)s from %(before)s to %(now)s", **values
                )
            )
            debtor.message_post(body=text)
            debtor.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=(debtor.acting_user_id or self.env.user).id,
                summary=text,
                note=info.note,
            )
