from odoo import api, fields, models


class AccountLegalHearing(models.Model):
    """A day in court."""

    _name = "account.legal.hearing"
    _description = "Hearing"
    _order = "date, id"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    user_id = fields.Many2one(related="case_id.user_id", store=True)
    partner_id = fields.Many2one(related="case_id.partner_id")
    name = fields.Char(string="Matter", required=True)
    date = fields.Datetime(required=True)
    place = fields.Char(
        compute="_compute_place", store=True, readonly=False, precompute=True
    )
    result = fields.Text()

    # === COMPUTE METHODS === #

    @api.depends("name", "case_id.name")
    def _compute_display_name(self):
        # the case first: a day of the calendar has room for a few letters only
        for hearing in self:
            hearing.display_name = " · ".join(
                filter(None, (hearing.case_id.name, hearing.name))
            )

    @api.depends("case_id")
    def _compute_place(self):
        for hearing in self:
            hearing.place = hearing.place or hearing.case_id.court

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        hearings = super().create(vals_list)
        for hearing in hearings:
            case = hearing.case_id
            case.activity_schedule(
                "mail.mail_activity_data_meeting",
                date_deadline=fields.Datetime.context_timestamp(
                    hearing, hearing.date
                ).date(),
                summary=hearing.name,
                note=hearing.place,
                user_id=case.user_id.id or self.env.uid,
            )
        return hearings
