from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

#: Means that take hold of something: acts of enforcement, which in many countries let
#: the limitation period begin anew. Asking and publishing are left out: they count in
#: few countries, and a clock shall rather warn too early.
SEIZURES = ("goods", "deposit", "wages", "claim", "land", "vehicle")


class AccountLegalAttempt(models.Model):
    """One attempt to enforce a title: by which means, what came of it, what it cost."""

    _name = "account.legal.attempt"
    _description = "Enforcement Attempt"
    _inherit = ["account.legal.advance.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date desc, id desc"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    date = fields.Date(
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        help="The day of the act or of the application for it.",
    )
    means = fields.Selection(
        selection=[
            ("goods", "Seizure of goods"),
            ("deposit", "Attachment of bank accounts"),
            ("wages", "Attachment of earnings"),
            ("claim", "Attachment of claims against others"),
            ("land", "Land: auction or charge"),
            ("vehicle", "Seizure of a vehicle"),
            ("disclosure", "Disclosure of assets"),
            ("register", "Entry in the register of defaulters"),
            ("other", "Other"),
        ],
        required=True,
    )
    result = fields.Selection(
        selection=[
            ("pending", "Pending"),
            ("full", "Paid in full"),
            ("part", "Paid in part"),
            ("nothing", "Nothing was found"),
            ("stopped", "Stopped"),
        ],
        required=True,
        default="pending",
        tracking=True,
    )
    note = fields.Char(help="What came of it: file number, bailiff, what was found.")
    next_action = fields.Char(string="Next", help="What is to be done next.")
    date_next = fields.Date(string="Next On", help="When it is to be done.")
    event_ids = fields.One2many(
        comodel_name="account.legal.limitation.event", inverse_name="attempt_id"
    )

    # === COMPUTE METHODS === #

    @api.depends("means", "case_id.name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        labels = dict(self._fields["means"]._description_selection(self.env))
        for attempt in self:
            attempt.display_name = (
                f"{attempt.case_id.name or ''}: {labels.get(attempt.means, '')}"
            )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("case_id", "date")
    def _check_title(self):
        """What is attempted before there is a title is no enforcement."""
        for attempt in self:
            title = attempt.case_id.date_title
            if not title or attempt.date < title:
                raise ValidationError(
                    self.env._(
                        "Case %(case)s had no title on %(date)s: nothing can be"
                        " enforced without one.",
                        case=attempt.case_id.display_name,
                        date=format_date(self.env, attempt.date),
                    )
                )

    @api.constrains("next_action", "date_next")
    def _check_next(self):
        for attempt in self:
            if attempt.date_next and not (attempt.next_action or "").strip():
                raise ValidationError(self.env._("Say what is to be done next."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        attempts = super().create(vals_list)
        attempts._note_limitation_events()
        attempts._schedule_next()
        return attempts

    def write(self, vals):
        result = super().write(vals)
        if {"date", "means"} & vals.keys():
            self._note_limitation_events()
        if {"date_next", "next_action"} & vals.keys():
            self._schedule_next()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_events(self):
        # the database would delete them without telling the clocks
        self.event_ids.unlink()

    # === BUSINESS METHODS === #

    def _note_limitation_events(self):
        """Let acts of enforcement move the clocks of the items."""
        for attempt in self:
            if attempt.means not in SEIZURES:
                attempt.event_ids.unlink()
            elif attempt.event_ids:
                attempt.event_ids._unguarded().date_from = attempt.date
            else:
                case = attempt.case_id
                clocks = self.env["account.legal.clock"]._get_for(case.move_line_ids)
                if clocks:
                    self.env["account.legal.limitation.event"].create(
                        {
                            "kind": "enforcement",
                            "date_from": attempt.date,
                            "company_id": case.company_id.id,
                            "clock_ids": clocks.ids,
                            "attempt_id": attempt.id,
                            "note": attempt.display_name,
                        }
                    )

    def _schedule_next(self):
        """Keep one activity: what is to be done next."""
        kind = "account_dunning_legal.mail_activity_legal_follow_up"
        for attempt in self:
            attempt.activity_unlink([kind])
            if attempt.next_action and attempt.case_id.state == "open":
                attempt.activity_schedule(
                    kind,
                    date_deadline=attempt.date_next
                    or attempt.company_id._dunning_today(),
                    summary=attempt.next_action,
                    user_id=attempt.case_id.user_id.id or self.env.uid,
                )

    def _get_cost_date(self):
        return self.date
