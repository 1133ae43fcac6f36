import logging

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

TEMPLATES = {
    "thanks": "account_dunning_advanced.mail_template_courtesy_thanks",
    "crossed": "account_dunning_advanced.mail_template_courtesy_crossed",
    "hold_end": "account_dunning_advanced.mail_template_courtesy_hold_end",
}


class AccountDunningCourtesy(models.Model):
    """A friendly word to a customer: thanks, a payment that crossed, a hold that ended.

    Noted in the midst of somebody's matching, decided and queued a moment later by a
    job, each once; it passes the gate as every mail to a debtor does.
    """

    _name = "account.dunning.courtesy"
    _description = "Dunning Courtesy"
    _inherit = ["account.dunning.guard", "account.dunning.addressed"]
    _order = "id desc"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    notice_id = fields.Many2one(
        comodel_name="account.dunning.notice",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="What was paid.",
    )
    hold_id = fields.Many2one(
        comodel_name="account.dunning.hold",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        help="What ended.",
    )
    kind = fields.Selection(
        selection=[
            ("thanks", "Thanks for the payment"),
            ("crossed", "Payment and notice crossed"),
            ("hold_end", "A hold has ended"),
        ],
        readonly=True,
        help="Decided when it is sent.",
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Waiting"),
            ("sent", "Queued"),
            ("dropped", "Not needed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
    )

    # what is noted twice, by two payments at one moment, is sent once
    _once_for_a_notice = models.UniqueIndex("(notice_id) WHERE state = 'sent'")
    _once_for_a_hold = models.UniqueIndex("(hold_id) WHERE state = 'sent'")

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "kind")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for courtesy in self:
            parts = (labels.get(courtesy.kind), courtesy.partner_id.display_name)
            courtesy.display_name = ", ".join(filter(None, parts))

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"kind", "state"}

    # === BUSINESS METHODS - NOTING === #

    @api.model
    def _note_settled(self, items):
        """Note the last notice on each of the items that are settled now.

        No more than that: this is the midst of somebody's matching.
        """
        settled = items.filtered("reconciled")
        if not settled:
            return
        # who registers payments need not see notices
        lines_sudo = (
            self.env["account.dunning.notice.line"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", settled.ids),
                    ("state", "=", "issued"),
                    ("notice_id.delivery_state", "=", "done"),
                ]
            )
        )
        last = {
            line.move_line_id: line.notice_id
            for line in lines_sudo.sorted(lambda line: line.notice_id.id)
        }
        notices = lines_sudo.notice_id.browse(
            {
                notice.id
                for notice in last.values()
                if notice.level_id.policy_id.thank_on_payment
                or notice.level_id.policy_id.crossed_days
            }
        )
        self._note([{"notice_id": notice.id} for notice in notices], notices)

    @api.model
    def _note_ended(self, holds):
        """Note holds that have ended, where their customers are to be told."""
        # who ends a hold need not see policies
        told_sudo = holds.sudo().filtered(
            lambda hold: hold.debtor_id
            and not hold.stop
            and self._get_policy(hold.debtor_id, hold.company_id).confirm_hold_end
        )
        pauses = self.env["account.dunning.reply"].sudo()
        paused = pauses.search([("hold_id", "in", told_sudo.ids)]).hold_id
        told_sudo -= paused
        self._note([{"hold_id": hold.id} for hold in told_sudo], told_sudo)

    @api.model
    def _note(self, vals_list, records):
        """Keep what is to be looked at, and wake the job."""
        if not vals_list:
            return
        for vals, record in zip(vals_list, records, strict=True):
            debtor = (
                record.partner_id if "notice_id" in vals else record.debtor_id
            ).commercial_partner_id
            vals.update(company_id=record.company_id.id, partner_id=debtor.id)
        self.sudo().create(vals_list)
        self.env.ref("account_dunning_advanced.ir_cron_courtesy")._trigger()

    # === BUSINESS METHODS - SENDING === #

    @api.model
    def _get_policy(self, partner, company):
        """Return the policy by which a debtor as a whole is dunned."""
        return (
            partner.with_company(company).dunning_policy_id or company.dunning_policy_id
        )

    def _decide(self):
        """Return what is to be said now, or an empty text."""
        self.ensure_one()
        if self.hold_id:
            return "hold_end" if self._is_hold_end_worth_telling() else ""
        return self._decide_payment()

    def _is_hold_end_worth_telling(self):
        """Whether reminders go on: something overdue is open, no other hold counts."""
        others = self.hold_id.search_count(
            [
                ("debtor_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "active"),
            ],
            limit=1,
        )
        return not others and bool(
            self.env["account.move.line"].search_count(
                [
                    ("partner_id.commercial_partner_id", "=", self.partner_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("account_id.account_type", "=", "asset_receivable"),
                    ("parent_state", "=", "posted"),
                    ("reconciled", "=", False),
                    ("amount_residual", ">", 0),
                    ("date_maturity", "<", self.company_id._dunning_today()),
                ],
                limit=1,
            )
        )

    def _decide_payment(self):
        """Return thanks or crossed if all that the notice asked for is paid."""
        notice = self.notice_id
        items = notice.line_ids.filtered(
            lambda line: line.state == "issued" and line.amount_dunned
        ).move_line_id
        if notice.state != "issued" or not all(item.reconciled for item in items):
            return ""
        dates = self._get_payment_dates(items)
        if not dates:
            return ""  # credited or written off: nothing to thank for
        policy = notice.level_id.policy_id
        span = policy.crossed_days
        if span and abs((max(dates) - notice.date).days) <= span:
            return "crossed"
        return "thanks" if policy.thank_on_payment else ""

    def _get_payment_dates(self, items):
        """Return the dates of the payments and bank lines that settled the items."""
        moves = items.matched_credit_ids.credit_move_id.move_id
        return moves.filtered(
            lambda move: move.origin_payment_id or move.statement_line_id
        ).mapped("date")

    def _get_recipient(self):
        """Return who is written to: whom the notice went to, or who gets invoices."""
        self.ensure_one()
        if self.notice_id.recipient_id:
            return self.notice_id.recipient_id
        return self.partner_id.browse(
            self.partner_id.address_get(["invoice"])["invoice"]
        )

    def _get_user(self):
        """Return the person who writes, or no user: then it is the company."""
        self.ensure_one()
        return self.notice_id.user_id or self.hold_id.user_id

    def _send(self):
        """Queue what is still to be said, each once; the rest is dropped."""
        for courtesy in self:
            kind = courtesy._decide()
            template = kind and self.env.ref(TEMPLATES[kind], raise_if_not_found=False)
            if (
                not template
                or courtesy._is_said()
                or not courtesy._get_recipient().email_normalized
            ):
                courtesy._unguarded().write({"state": "dropped"})
                continue
            courtesy._unguarded().write({"state": "sent", "kind": kind})
            courtesy.flush_recordset()
            template.send_mail(
                courtesy.id, email_layout_xmlid="account_dunning_advanced.mail_layout"
            )

    def _is_said(self):
        """Whether the same was said before."""
        self.ensure_one()
        target = "notice_id" if self.notice_id else "hold_id"
        return bool(
            self.search_count(
                [(target, "=", self[target].id), ("state", "=", "sent")], limit=1
            )
        )

    # === CRON METHODS === #

    @api.model
    def _cron_send(self):
        """Queue the courtesies that were noted, one by one."""
        waiting = self.search([("state", "=", "waiting")], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(waiting))
        for courtesy in waiting:
            courtesy._send_safely()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _send_safely(self):
        """Queue one; what fails does not keep the others waiting."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._send()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.warning("courtesy %s not sent", self.id, exc_info=True)
            self.env.invalidate_all()
            self._unguarded().write({"state": "dropped"})
