import logging

from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, format_date, split_every

from .account_dunning_assessment_reasons import DESPITE_OFFERS

_logger = logging.getLogger(__name__)

# Notices delivered in one transaction; they are locked as long as it lasts.
LETTERS_AT_ONCE = 50

# What waits in a queue of Odoo's before it goes out.
QUEUED_CHANNELS = ("email", "sms")


class AccountDunningNoticeDelivery(models.Model):
    """Delivering: looks once more at what is owed, writes the letter, queues the mail.

    Everything of one chunk happens in one transaction, so a notice is either still to
    be delivered or has its mail in the queue, never both and never twice.
    """

    # rooms of their own: charging and delivering
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === BUSINESS METHODS === #

    def _deliver(self):
        """Deliver issued notices through the channels of their levels.

        What has been paid, credited or stopped since the issue is not asked for: the
        amounts are lowered, and a notice of which nothing is left is not sent. A
        notice that has been delivered is not delivered again; one that another worker
        is just delivering is left to it.
        """
        notices = self.try_lock_for_update(allow_referencing=True)
        notices.invalidate_recordset()
        notices = notices.filtered(
            lambda notice: notice.state == "issued"
            and notice.delivery_state in ("pending", "failed")
            and not notice.run_id.delivery_hold
        )
        notices._recheck_before_sending()
        settled = notices.filtered(lambda notice: not notice._has_items_to_ask_for())
        settled._skip_settled()
        for ids in split_every(LETTERS_AT_ONCE, (notices - settled).ids):
            chunk = self.browse(ids)
            chunk._check_before_delivery()
            chunk._note_missing_addresses()
            chunk._deliver_channels()

    def _reverse_unsent_charges(self, item_ids):
        """Take back what was charged on items that are settled before the sending."""
        for notice in self:
            charges_sudo = notice.sudo().charge_ids.filtered(
                lambda charge: charge.move_line_id.id in item_ids
                and charge.state in ("shown", "waiting", "posted")
            )
            if not charges_sudo or not notice._has_items_to_ask_for():
                continue
            try:
                with self.env.cr.savepoint():
                    charges_sudo._undo(
                        "reversed", self.env._("Settled before the notice went out")
                    )
                    notice._restore_interest_days(charges_sudo.move_line_id)
            except UserError as error:
                notice._unguarded().delivery_note = str(error)

    def _skip_settled(self):
        """Send nothing to whom nothing is left to ask, and charge nothing either."""
        note = self.env._(
            "There is nothing left to ask for: paid, covered or stopped since."
        )
        self._unguarded().write(
            {
                "delivery_state": "skipped",
                "needs_print": False,
                "delivery_note": note,
            }
        )
        reason = self.env._("Settled before the notice went out")
        for notice in self:
            try:
                with self.env.cr.savepoint():
                    notice._reverse_charges(reason)
            except UserError as error:
                # closed books must not stop the delivery to the others
                notice._unguarded().delivery_note = f"{note} {error}"

    def _has_items_to_ask_for(self):
        """Return whether anything but charges is left to ask for."""
        self.ensure_one()
        asked = sum(
            self.line_ids.filtered(
                lambda line: line.state == "issued" and not line.is_charge
            ).mapped("amount_dunned")
        )
        return self.currency_id.compare_amounts(asked, 0) > 0

    def _recheck_in_queue(self):
        """Look once more before what was queued goes out.

        :return: the notices of which less is owed than their mails say, or that were
            taken back.
        """
        before = {notice: notice.amount_total for notice in self}
        issued = self.filtered(lambda notice: notice.state == "issued")
        issued._recheck_before_sending()
        return (self - issued) | issued.filtered(
            lambda notice: (
                notice.currency_id.compare_amounts(before[notice], notice.amount_total)
                or not notice._has_items_to_ask_for()
            )
        )

    def _deliver_anew(self):
        """Deliver issued notices once more by the channels that were taken back."""
        issued = self.sudo().filtered(lambda notice: notice.state == "issued")
        left = issued.filtered(lambda notice: notice._has_items_to_ask_for())
        (issued - left)._skip_settled()
        for notice in left:
            states = dict(notice.channel_states or {})
            for channel in QUEUED_CHANNELS:
                states.pop(channel, None)
            notice._unguarded().write(
                {"channel_states": states or False, "delivery_state": "pending"}
            )
        if left:
            self.env.ref("account_dunning_advanced.ir_cron_deliver").sudo()._trigger()

    def _recheck_before_sending(self):
        """Lower the notices to what is still owed today."""
        Assessment = self.env["account.dunning.assessment"]
        for company, notices in self.grouped("company_id").items():
            rows = Assessment.with_context(
                dunning_despite_offers=DESPITE_OFFERS
            )._assess(company, company._dunning_today(), notices.partner_id)
            lines = notices.line_ids.filtered(
                lambda line: line.state == "issued" and line.amount_dunned
            )
            differences = lines._recheck({row["line_id"]: row for row in rows}, "send")
            if differences:
                self.env["account.dunning.run.change"]._keep(differences)
                self.env.flush_all()
                self._refresh_totals(SQL("notice.id = ANY(%s)", notices.ids))
                changed = {values["notice_id"] for values in differences}
                dropped = {
                    values["move_line_id"]
                    for values in differences
                    if values["kind"] == "dropped"
                }
                notices._reverse_unsent_charges(dropped)
                self.browse(changed)._supersede_letters()

    def _render_letters(self):
        """Render the letters that are not there yet, and keep them with the notices."""
        waiting = self.filtered(lambda notice: not notice.attachment_id)
        if not waiting:
            return
        Report = self.env["ir.actions.report"]
        # The report's own rights are core's; who may deliver may have it rendered.
        streams = Report.sudo()._render_qweb_pdf_prepare_streams(
            "account_dunning_advanced.account_dunning_notice_report", {}, waiting.ids
        )
        # one that was printed by hand before is the letter already
        printed = waiting.filtered(lambda notice: streams[notice.id].get("attachment"))
        for notice in printed:
            notice._unguarded().attachment_id = streams[notice.id]["attachment"]
        fresh = waiting - printed
        attachments = self.env["ir.attachment"].create(
            [
                {
                    "name": notice._get_letter_name(),
                    "raw": streams[notice.id]["stream"].getvalue(),
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": notice.id,
                }
                for notice in fresh
            ]
        )
        for notice, attachment in zip(fresh, attachments, strict=True):
            notice._unguarded().attachment_id = attachment

    def _supersede_letters(self):
        """Set letters aside that show amounts which are not asked for any more."""
        letters = self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "in", self.ids),
                ("name", "in", [notice._get_letter_name() for notice in self]),
            ]
        )
        for letter in letters:
            letter.name = self.env._("superseded %(name)s", name=letter.name)
        self._unguarded().attachment_id = False

    def _queue_emails(self):
        """Queue one e-mail a notice whose level writes by e-mail."""
        by_email = self.filtered(lambda notice: notice._goes_by_email())
        for template, notices in by_email.grouped(
            lambda notice: notice.level_id.mail_template_id
        ).items():
            if not template:
                raise UserError(
                    self.env._(
                        "Level “%(level)s” has no e-mail template.",
                        level=notices[:1].level_id.name,
                    )
                )
            # The queue sends it: a slow mail server must not hold up the run.
            template.sudo().send_mail_batch(
                notices.ids, email_layout_xmlid="account_dunning_advanced.mail_layout"
            )

    def _goes_by_email(self):
        self.ensure_one()
        return bool(
            self._get_level_value("channel_email")
            and self.recipient_id.email_normalized
        )

    def _get_letter_name(self):
        self.ensure_one()
        return f"{(self.name or self.display_name).replace('/', '-')}.pdf"

    # === BUSINESS METHODS - WHAT THE LETTER SAYS === #

    def _get_recipient(self):
        """Return whom the notice is written to, as was planned."""
        self.ensure_one()
        return self.recipient_id

    def _to_markup(self, html):
        """Return stored HTML for output; it was sanitized when the level was saved."""
        return Markup(html)

    def _get_letter_lines(self):
        """Return the lines that the letter lists."""
        self.ensure_one()
        return self.line_ids.filtered(
            lambda line: line.state in ("draft", "issued") and line.amount_dunned
        )

    def _get_bank_account(self):
        """Return the account to pay into: the invoices' one, else the company's."""
        self.ensure_one()
        accounts = self.line_ids.move_line_id.move_id.partner_bank_id
        return accounts[:1] or self.company_id.partner_id.bank_ids[:1]

    def _get_payment_request(self):
        """Return the sentence that asks for the money, in the language of the context.

        One sentence for the translators, for amount and date change places between
        languages.
        """
        self.ensure_one()
        return self.env._(
            "Please pay %(amount)s until %(date)s.",
            amount=Markup("<strong>%s</strong>")
            % self.currency_id.format(self.amount_total),
            date=Markup("<strong>%s</strong>")
            % format_date(self.env, self.date_deadline),
        )

    def _get_offer_sentence(self, amount=None):
        """Return what is offered for settling early, in the language of the context.

        :param float amount: what is still asked for, if not the notice's total.
        :return: one sentence for the translators, or an empty text without open offer.
        """
        self.ensure_one()
        offer = self.offer_ids.filtered(lambda offer: offer.state == "open")
        if not offer:
            return ""
        to_pay = offer._get_amount_to_pay(
            self.amount_total if amount is None else amount
        )
        if self.currency_id.compare_amounts(to_pay, 0) <= 0:
            return ""
        return self.env._(
            "Settle early: pay %(amount)s by %(date)s and we credit %(discount)s.",
            amount=Markup("<strong>%s</strong>") % self.currency_id.format(to_pay),
            date=Markup("<strong>%s</strong>") % format_date(self.env, offer.date_to),
            discount=Markup("<strong>%s</strong>")
            % self.currency_id.format(offer.amount_discount),
        )

    def _get_payment_reference(self):
        """Return what the debtor should quote: the invoice's reference if it is one."""
        self.ensure_one()
        moves = self._get_letter_lines().move_line_id.move_id
        if len(moves) == 1:
            return moves.payment_reference or moves.name
        return self.name or ""

    def _get_payment_qr(self):
        """Return a QR code for a transfer as a data URI, where core can build one."""
        self.ensure_one()
        bank_account = self._get_bank_account()
        if not bank_account:
            return False
        return bank_account.build_qr_code_base64(
            self.amount_total,
            self._get_payment_reference(),
            "",
            self.currency_id,
            self.partner_id,
            silent_errors=True,
        )

    # === CRON METHODS === #

    @api.model
    def _cron_deliver(self):
        """Deliver issued notices chunk by chunk until the time is up."""
        domain = self._get_waiting_domain()
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        retry = self.env["account.dunning.run"]._retry
        while count := retry(lambda: self._deliver_chunk(domain)):
            if not self.env["ir.cron"]._commit_progress(count):
                break
        self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    @api.model
    def _deliver_chunk(self, domain):
        """Deliver the next notices that nobody else holds; return how many."""
        notices = self.search(
            domain, limit=LETTERS_AT_ONCE, order="id"
        ).try_lock_for_update()
        notices.filtered_domain(domain)._deliver_safely()
        return len(notices)

    def _deliver_safely(self):
        """Deliver together; if that fails one by one, to find out which one it is."""
        try:
            with self.env.cr.savepoint():
                self._deliver()
            return
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody paid at this moment: no fault of the notice, it is tried again.
            raise
        except Exception as error:
            if len(self) == 1:
                _logger.warning("dunning notice %s not delivered", self.id, exc_info=1)
                self._mark_failed(error)
                self.run_id._stop_on_error(error)
                return
        for notice in self:
            notice._deliver_safely()

    def _mark_failed(self, error):
        """Keep the error with the notice and ask its contact person to see to it."""
        self.ensure_one()
        self.env.invalidate_all()
        self._unguarded().write(
            {"delivery_state": "failed", "delivery_note": str(error)}
        )
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=self.user_id.id or self.env.uid,
            summary=self.env._("Not delivered: %(error)s", error=error),
        )
