from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from .account_dunning_guard import is_dunning_manager

# What a special stop consists of. Who changes one of these may lift the stop by it.
STOP_FIELDS = {
    "stop",
    "partner_id",
    "move_id",
    "move_line_id",
    "company_id",
    "date_from",
    "date_to",
    "date_ended",
}


class AccountDunningHold(models.Model):
    """ "Not now": stops the dunning of a customer, an invoice or one open item.

    A hold counts from its first to its last day, both included, and ends by itself.
    Holds are never deleted by users: who stopped what, why and for how long is part of
    the answer to "why was this not dunned".
    """

    _name = "account.dunning.hold"
    _description = "Dunning Hold"
    _inherit = ["account.dunning.period", "mail.thread"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        index=True,
        ondelete="cascade",
        tracking=True,
        help="Stops everything that the customer's whole company owes.",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        tracking=True,
        help="Stops all instalments of one invoice.",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Open Item",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        tracking=True,
        help="Stops one instalment.",
    )
    debtor_id = fields.Many2one(
        comodel_name="res.partner",
        string="Debtor",
        compute="_compute_debtor_id",
        store=True,
        help="The commercial partner whose items are on hold.",
    )
    reason = fields.Char(required=True, tracking=True)
    stop = fields.Selection(
        string="Special Stop",
        selection=[
            ("hardship", "Hardship or vulnerable person"),
            ("insolvency", "Insolvency or debt relief"),
            ("represented", "Represented by a lawyer"),
            ("deceased", "Deceased"),
            ("legal", "Legal hold"),
            ("restricted", "Processing restricted (data protection)"),
        ],
        tracking=True,
        help="Collectors may set a special stop; only a dunning manager lifts or"
        " shortens it.",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        tracking=True,
        help="First day of the hold.",
    )
    date_to = fields.Date(
        string="Until",
        tracking=True,
        help="Last day of the hold; empty holds until somebody ends it.",
    )
    date_ended = fields.Date(
        string="Ended On",
        readonly=True,
        copy=False,
        tracking=True,
        help="The day from which the hold does not count any more.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        tracking=True,
        help="Who put it on hold and is told when it ends.",
    )
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("active", "On hold"),
            ("ended", "Ended"),
        ],
        compute="_compute_state",
        search="_search_state",
    )

    _one_target = models.Constraint(
        "CHECK (NUM_NONNULLS(partner_id, move_id, move_line_id) = 1)",
        "Put either a customer, an invoice or an open item on hold.",
    )
    _days_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "A hold cannot end before it begins.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "move_id", "move_line_id", "date_to")
    def _compute_display_name(self):
        for hold in self:
            target = hold.partner_id or hold.move_id or hold.move_line_id
            hold.display_name = self.env._(
                "Hold on %(target)s", target=target.display_name or ""
            )

    @api.depends(
        "partner_id.commercial_partner_id",
        "move_id.commercial_partner_id",
        "move_line_id.partner_id.commercial_partner_id",
    )
    def _compute_debtor_id(self):
        for hold in self:
            partner = (
                hold.partner_id
                or hold.move_id.partner_id
                or hold.move_line_id.partner_id
            )
            hold.debtor_id = partner.commercial_partner_id

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("move_line_id", "move_id")
    def _check_target(self):
        for hold in self:
            account = hold.move_line_id.account_id
            if account and account.account_type != "asset_receivable":
                raise ValidationError(
                    self.env._(
                        "%(item)s is not a receivable item.",
                        item=hold.move_line_id.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        holds = super().create(vals_list)
        holds._tell(lambda hold: hold._get_begin_text())
        return holds

    def write(self, vals):
        if STOP_FIELDS & vals.keys():
            self._check_stop(vals)
        if "date_to" in vals:
            self._check_not_ended()
        result = super().write(vals)
        if vals.get("date_ended"):
            self.env["account.dunning.courtesy"]._note_ended(self)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_stops(self):
        self.filtered("stop")._check_manager()

    def _check_not_ended(self):
        """:raise UserError: other days of a hold that is over would not count."""
        for hold in self.filtered("date_ended"):
            raise UserError(
                self.env._(
                    "%(hold)s ended on %(date)s. Put it on hold again instead.",
                    hold=hold.display_name,
                    date=format_date(self.env, hold.date_ended),
                )
            )

    @api.model
    def _get_acting_fields(self):
        return STOP_FIELDS

    def _touch_debtors(self):
        for company, holds in self.grouped("company_id").items():
            # who puts on hold need not see the debtor's row
            self.env["account.dunning.debtor"].sudo()._touch(holds.debtor_id, company)
        self.env["account.dunning.debtor"]._refresh_pairs_later(
            (hold.company_id.id, hold.debtor_id.id) for hold in self
        )

    def _check_stop(self, vals):
        """:raise UserError: a special stop would be lifted by who may not.

        To make a hold a special stop, and to prolong one, is free.
        """
        for hold in self.filtered("stop"):
            changed = {
                name
                for name in STOP_FIELDS & vals.keys()
                if hold._fields[name].convert_to_cache(hold[name], hold)
                != hold._fields[name].convert_to_cache(vals[name], hold)
            }
            if changed == {"date_to"} and hold._is_prolonged(vals["date_to"]):
                continue
            if changed:
                hold._check_manager()

    def _is_prolonged(self, date_to):
        self.ensure_one()
        date_to = fields.Date.to_date(date_to)
        return not date_to or bool(self.date_to and date_to > self.date_to)

    def _check_manager(self):
        """:raise UserError: the user is no dunning manager."""
        if is_dunning_manager(self.env):
            return
        for hold in self:
            raise UserError(
                self.env._(
                    "%(hold)s is a special stop (%(stop)s): only a dunning manager may"
                    " lift or shorten it.",
                    hold=hold.display_name,
                    stop=hold._get_stop_name(),
                )
            )

    # === ACTION METHODS === #

    def action_end(self):
        """End the holds today: their items can be dunned again from today on."""
        ongoing = self.filtered(lambda hold: hold.state != "ended")
        result = super().action_end()
        ongoing._tell(
            lambda hold: self.env._("%(hold)s has been ended.", hold=hold.display_name)
        )
        return result

    # === BUSINESS METHODS === #

    def _get_stop_name(self):
        """Return which special stop it is, in the reader's language, or ''."""
        self.ensure_one()
        labels = dict(self._fields["stop"]._description_selection(self.env))
        return labels.get(self.stop, "")

    def _get_stop_text(self):
        """Say in one line which special stop counts since when, by whom and why."""
        self.ensure_one()
        return self.env._(
            "%(stop)s since %(date)s, by %(user)s: %(reason)s",
            stop=self._get_stop_name(),
            date=format_date(self.env, self.date_from),
            user=self.user_id.name or "–",
            reason=self.reason,
        )

    def _get_begin_text(self):
        self.ensure_one()
        if not self.date_to:
            return self.env._(
                "%(hold)s, without end: %(reason)s",
                hold=self.display_name,
                reason=self.reason,
            )
        return self.env._(
            "%(hold)s until %(date)s: %(reason)s",
            hold=self.display_name,
            date=format_date(self.env, self.date_to),
            reason=self.reason,
        )

    def _tell(self, get_text):
        """Log a line on the debtor, where the whole story is read."""
        Debtor = self.env["account.dunning.debtor"]
        for hold in self.filtered("debtor_id"):
            debtor = Debtor._get_or_create(hold.debtor_id, hold.company_id)
            debtor.message_post(body=get_text(hold))

    # === CRON METHODS === #

    @api.model
    def _cron_end(self):
        """Close the holds whose last day is over, and tell their owners."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._end_expired(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _end_expired(self, company):
        today = company._dunning_today()
        expired = self.search(
            [
                ("company_id", "=", company.id),
                ("date_to", "<", today),
                ("date_ended", "=", False),
            ]
        )
        for hold in expired:
            hold.date_ended = fields.Date.add(hold.date_to, days=1)
            if hold.user_id:
                hold.message_notify(
                    partner_ids=hold.user_id.partner_id.ids,
                    subject=self.env._("%(hold)s has ended", hold=hold.display_name),
                    body=self.env._(
                        "Its items can be dunned again. The reason was: %(reason)s",
                        reason=hold.reason,
                    ),
                )
        expired._tell(
            lambda hold: self.env._("%(hold)s has ended.", hold=hold.display_name)
        )
