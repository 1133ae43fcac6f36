from collections import namedtuple
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, get_lang, plaintext2html

from odoo.addons.account_dunning_advanced.engine.amount import parse_amount

from ..engine.sent_text import clean_text

#: What an answer may be about, and who gives it: partner (the commercial one), company,
#: currency, items (open, all of that currency), notice (or none), person (or none, by
#: link). All records are superuser's.
Scope = namedtuple("Scope", "partner company currency items notice person")

#: Topics of a message: what is kept in the contact record.
TOPICS = {
    "question": "received",
    "call": "received",
    "documents": "asks_documents",
    "change": "received",
}
MAX_TEXT = 4000
MAX_FILES = 5
MAX_FILE_SIZE = 5 * 1024 * 1024
#: Extensions that may be uploaded, and how such a file begins. Nothing that a browser
#: would run.
FILE_TYPES = {
    "pdf": ("application/pdf", b"%PDF-"),
    "png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    "jpg": ("image/jpeg", b"\xff\xd8\xff"),
    "jpeg": ("image/jpeg", b"\xff\xd8\xff"),
}
#: Answers that one person may give in a day; more are made by a machine.
ANSWERS_A_DAY = 30


class AccountDunningAnswer(models.AbstractModel):
    """What a customer answers in the portal: objections, payments, promises, messages.

    The methods are private and run as superuser: their callers have found out before
    for whom the reader may speak, as a :data:`Scope`. Everything inside it, items,
    amounts, dates and files, comes from outside and is checked here, each time.
    """

    _name = "account.dunning.answer"
    _description = "Answer of a Customer"

    # === BUSINESS METHODS - SCOPE === #

    @api.model
    def _get_notice_scope(self, notice_sudo, user):
        """Return what may be answered on the page of a notice."""
        return self._make_scope(
            notice_sudo.partner_id,
            notice_sudo.company_id,
            notice_sudo.currency_id,
            self.env["account.dunning.statement"]._get_letter_items(notice_sudo),
            notice_sudo,
            user,
        )

    @api.model
    def _get_item_scope(self, item_sudo, user):
        """Return what may be answered about one item of the statement."""
        return self._make_scope(
            item_sudo.partner_id,
            item_sudo.company_id,
            item_sudo.currency_id,
            item_sudo.ids,
            self.env["account.dunning.notice"].sudo(),
            user,
        )

    @api.model
    def _make_scope(self, partner, company, currency, items, notice, user):
        """Return a scope.

        :param items: ids, or a select of them; those that are open and of the currency
            count.
        """
        partner = partner.commercial_partner_id
        person = user.partner_id if not user._is_public() else user.partner_id.browse()
        return Scope(
            partner.sudo(),
            company.sudo(),
            currency.sudo(),
            # a search: of thousands of items no field needs to be read
            self.env["account.move.line"]
            .sudo()
            .search(
                self.env["account.dunning.statement"]._get_item_domain(partner, company)
                & Domain("id", "in", items)
                & Domain("currency_id", "=", currency.id)
                & Domain("amount_residual_currency", ">", 0),
                order="date_maturity, id",
            ),
            notice.sudo(),
            person.sudo(),
        )

    @api.model
    def _begin(self, scope):
        """Begin an answer: one at a time for a debtor, and not too many.

        :raise UserError: the debtor is being worked on, or has answered too often.
        """
        Attempt = self.env["account.dunning.attempt"]
        # each reader's own: a letter's holder does not use up those of the customer
        key = (scope.partner.id, scope.company.id, scope.person.id)
        if Attempt._is_exhausted("answer", key, ANSWERS_A_DAY, 24 * 60):
            raise UserError(
                self.env._("You have written to us very often today. Please call us.")
            )
        Attempt._count("answer", key)
        self._hold_debtor(scope)

    @api.model
    def _hold_debtor(self, scope):
        """Let nobody else answer or pay for the debtor until this is committed.

        A lock alone would let the second window in with what it saw before the first
        one was done. It meets a new version of the row instead, and begins anew.
        """
        debtor = self._get_debtor(scope)
        try:
            debtor.lock_for_update(allow_referencing=True)
        except LockError:
            raise UserError(
                self.env._(
                    "Somebody is working on your account right now. Please try again"
                    " in a moment."
                )
            ) from None
        self.env.cr.execute(
            SQL(
                "UPDATE account_dunning_debtor SET write_date = write_date"
                " WHERE id = %s",
                debtor.id,
            )
        )

    @api.model
    def _get_debtor(self, scope):
        Debtor_sudo = self.env["account.dunning.debtor"].sudo()
        return Debtor_sudo._get_or_create(scope.partner, scope.company)

    @api.model
    def _get_collector(self, scope):
        """Return the user who is to see to an answer; an override point."""
        return (
            scope.notice.user_id
            or self._get_debtor(scope).user_id
            or scope.company.dunning_user_id
            or scope.notice.run_id.create_uid.filtered(lambda user: not user.share)
            or self.env.ref("base.user_admin").sudo()
        )

    # === BUSINESS METHODS - DISPUTES === #

    @api.model
    def _get_disputable(self, scope):
        """Return {item: the amount of it that may be disputed here}.

        What was decided once is not put off again by the same click: the customer
        writes a message then.
        """
        free = (scope.items - self._get_decided(scope))._get_undisputed()
        return {item: amount for item, amount in free.items() if amount > 0}

    @api.model
    def _may_dispute(self, positions):
        """Return whether anything may be disputed; for pages, without the amounts."""
        return any(row["disputable"] > 0 for row in positions)

    @api.model
    def _get_decided(self, scope):
        """Return the items that a dispute has been decided on."""
        lines_sudo = self.env["account.dunning.dispute.line"].sudo()
        return lines_sudo.search(
            [
                ("move_line_id", "in", scope.items.ids),
                ("dispute_id.state", "!=", "open"),
            ]
        ).move_line_id

    @api.model
    def _get_dispute_reasons(self):
        return (
            self.env["account.dunning.dispute.reason"]
            .sudo()
            .search([("active", "=", True)])
        )

    @api.model
    def _dispute(self, scope, item_ids, amount, reason_id, text, files):
        """Open a dispute on items of the scope, or on a part of them.

        :param list item_ids: ids as sent.
        :param str amount: in the items' currency as sent; empty for all of it.
        :param list files: (name, content as bytes).
        :return: the dispute as superuser.
        :raise UserError: something sent may not be; told in the customer's words.
        """
        self._begin(scope)
        free = self._get_disputable(scope)
        items = self._choose(item_ids, free)
        highest = scope.currency.round(sum(free[item] for item in items))
        disputed = self._to_amount(amount, scope, highest) if amount else highest
        reason = self._get_dispute_reasons().filtered(
            lambda reason: str(reason.id) == str(reason_id)
        )
        if not reason:
            raise UserError(self.env._("Please choose a reason."))
        text = self._to_text(text)
        attachments = self._check_files(files)
        dispute = (
            self.env["account.dunning.dispute"]
            .sudo()
            .create(
                {
                    "partner_id": scope.partner.id,
                    "company_id": scope.company.id,
                    "move_line_ids": [fields.Command.set(items.ids)],
                    "amount": disputed,
                    "reason_id": reason.id,
                    "description": text,
                    "date": scope.company._dunning_today(),
                    "user_id": self._get_collector(scope).id,
                }
            )
        )
        self._attach(dispute, attachments)
        self._log(
            scope,
            "disputes",
            self.env._("Disputes an amount"),
            f"{scope.currency.format(disputed)}: {reason.name}\n{text}",
        )
        return dispute

    @api.model
    def _attach(self, dispute, attachments):
        dispute.evidence_ids = (
            self.env["ir.attachment"]
            .sudo()
            .create(
                [
                    {**values, "res_model": dispute._name, "res_id": dispute.id}
                    for values in attachments
                ]
            )
        )

    @api.model
    def _check_files(self, files):
        """Return values of attachments of what was uploaded.

        :raise UserError: too many, too large, or not what their names say.
        """
        if len(files) > MAX_FILES:
            raise UserError(
                self.env._("Please send %(count)s files at most.", count=MAX_FILES)
            )
        return [self._check_file(name, content) for name, content in files]

    @api.model
    def _check_file(self, name, content):
        name = clean_text(name).replace("\\", "/")
        name = name.rpartition("/")[2].strip()[-100:]
        mimetype, begin = FILE_TYPES.get(
            name.rpartition(".")[2].lower(), (None, b"\x00")
        )
        if not mimetype or not content.startswith(begin):
            raise UserError(
                self.env._("%(file)s is no PDF, PNG or JPEG file.", file=name or "?")
            )
        if len(content) > MAX_FILE_SIZE:
            raise UserError(self.env._("%(file)s is larger than 5 MB.", file=name))
        return {"name": name, "raw": content, "mimetype": mimetype}

    # === BUSINESS METHODS - ALREADY PAID === #

    @api.model
    def _claim_paid(self, scope, item_ids, date, reference):
        """Note that the customer says that items are paid, and have it checked.

        Each item is put on hold for the days of its policy, the first time only: what
        was looked for and not found does not stop dunning again.

        :param str date: ISO, as sent; reference: what the transfer says.
        """
        self._begin(scope)
        items = self._choose(item_ids, scope.items)
        today = scope.company._dunning_today()
        day = self._to_date(date, today - timedelta(days=366), today)
        reference = self._to_text(reference)[:120]
        collector = self._get_collector(scope)
        env = self.with_context(lang=collector.lang).env
        text = env._(
            "Says it was paid on %(date)s, reference: %(reference)s",
            date=format_date(env, day),
            reference=reference,
        )
        Hold_sudo = self.env["account.dunning.hold"].sudo()
        known = Hold_sudo.search(
            [("move_line_id", "in", items.ids), ("is_paid_claim", "=", True)]
        ).move_line_id
        days = self._get_policy(scope).portal_paid_days or 7
        Hold_sudo.create(
            [
                {
                    "company_id": scope.company.id,
                    "move_line_id": item.id,
                    "reason": text,
                    "date_from": today,
                    "date_to": today + timedelta(days=days),
                    "user_id": collector.id,
                    "is_paid_claim": True,
                }
                for item in items - known
            ]
        )
        names = ", ".join(items.mapped("move_name"))
        self._log(scope, "paid", env._("Says it is paid"), f"{names}\n{text}")
        self._ask_collector(
            scope, env._("Look for the payment"), f"{names}: {text}", collector
        )

    # === BUSINESS METHODS - MESSAGES === #

    @api.model
    def _write_message(self, scope, topic, text, phone=None):
        """Pass a message, or the wish to be called, on to the collector."""
        self._begin(scope)
        if topic not in TOPICS:
            raise UserError(self.env._("Please choose what it is about."))
        text = self._to_text(text)
        collector = self._get_collector(scope)
        env = self.with_context(lang=collector.lang).env
        summaries = {
            "question": env._("Answer the customer"),
            "call": env._("Call the customer back"),
            "documents": env._("Send the customer documents"),
            "change": env._("The customer asks for a change of the plan"),
        }
        phone = clean_text(phone, 40)
        if phone:
            text = f"{text}\n{phone}"
        self._log(scope, TOPICS[topic], summaries[topic], text)
        self._ask_collector(scope, summaries[topic], text, collector)

    @api.model
    def _rate(self, scope, grade, feedback):
        """Keep how the customer found the way that the notice was settled."""
        self._begin(scope)
        collector = self._get_collector(scope)
        scope.notice._rate(grade, feedback, collector, scope.person)

    @api.model
    def _log(self, scope, outcome, subject, note=""):
        """Keep the answer in the contact record."""
        self.env["account.dunning.contact"].sudo().create(
            {
                "company_id": scope.company.id,
                "partner_id": scope.partner.id,
                "notice_id": scope.notice.id,
                "direction": "in",
                "channel": "portal",
                "outcome": outcome,
                "recipient": scope.person.display_name or self.env._("By link"),
                "subject": subject,
                "note": note,
                "by_hand": False,
            }
        )

    @api.model
    def _ask_collector(self, scope, summary, note, collector):
        """Leave the collector a task, on the debtor where the whole story is read."""
        self._get_debtor(scope).activity_schedule(
            "mail.mail_activity_data_todo",
            scope.company._dunning_today(),
            user_id=collector.id,
            summary=summary,
            note=plaintext2html(note),
        )

    # === BUSINESS METHODS - WHAT COMES FROM OUTSIDE === #

    @api.model
    def _choose(self, item_ids, allowed):
        """Return the items that were chosen, if all of them may be.

        :param allowed: account.move.line, or a dict of them.
        """
        by_id = {str(item.id): item for item in allowed}
        chosen = {str(item_id) for item_id in item_ids or ()}
        if not chosen:
            raise UserError(self.env._("Please choose at least one item."))
        if not chosen <= by_id.keys():
            raise UserError(
                self.env._("An item you chose is not open any more. Please look again.")
            )
        return (
            self.env["account.move.line"]
            .sudo()
            .concat(*(by_id[item_id] for item_id in sorted(chosen)))
        )

    @api.model
    def _to_amount(self, text, scope, highest):
        """Return the amount that was typed in the notation of the reader's language.

        :param float highest: in the currency of the scope; no more than that.
        :raise UserError: it is no amount, or not within the limits.
        """
        currency = scope.currency
        amount = parse_amount(
            str(text)[:40],
            get_lang(self.env).decimal_point,
            currency.decimal_places,
            (currency.symbol, currency.name),
        )
        if amount is None:
            raise UserError(
                self.env._(
                    "Please enter an amount, for example %(amount)s.",
                    amount=currency.format(min(highest, 12.5)),
                )
            )
        amount = currency.round(float(amount))
        if amount <= 0 or currency.compare_amounts(amount, highest) > 0:
            raise UserError(
                self.env._(
                    "Please enter an amount above zero and up to %(highest)s.",
                    highest=currency.format(highest),
                )
            )
        return amount

    @api.model
    def _to_date(self, text, first, last):
        try:
            day = fields.Date.to_date(str(text or "").strip()[:10])
        except ValueError:
            day = None
        if not day or not first <= day <= last:
            raise UserError(
                self.env._(
                    "Please enter a date from %(first)s to %(last)s.",
                    first=format_date(self.env, first),
                    last=format_date(self.env, last),
                )
            )
        return day

    @api.model
    def _to_text(self, text):
        text = clean_text(text)
        if not text:
            raise UserError(self.env._("Please write a few words."))
        if len(text) > MAX_TEXT:
            raise UserError(
                self.env._("Please write %(count)s characters at most.", count=MAX_TEXT)
            )
        return text
