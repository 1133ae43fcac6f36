import base64
import binascii
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date

from ..engine import drawing
from ..engine.sent_text import clean_line

#: Reasons of the assessment for which an item is not promised (again).
TAKEN_REASONS = {"disputed", "settlement", "plan", "promise", "in_payment", "legal"}
#: Beyond these nothing is asked for either, whoever would have to approve it.
LONGEST_DAYS = 730
MOST_PARTS = 24
KINDS = ("promise", "plan")


class AccountDunningAnswerPromise(models.AbstractModel):
    """Promises and plans that customers make by themselves.

    Within the limits of the policy they count at once; above them they are requests
    that wait for the collector, and stop nothing.
    """

    # a room of its own: what is promised
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.answer"

    @api.model
    def _get_promisable(self, scope):
        """Return {item: what is to be paid of it} that may be promised."""
        rows = (
            self.env["account.dunning.statement"]
            .sudo()
            ._get_rows(scope.partner, scope.company, scope.items.ids)
        )
        return {
            item: amount
            for item in scope.items
            if (
                amount := self._sum_promisable(scope, filter(None, [rows.get(item.id)]))
            )
        }

    @api.model
    def _sum_promisable(self, scope, positions):
        """Return what is to be paid of positions and may be promised."""
        return scope.currency.round(
            sum(
                row["unsettled"]
                for row in positions
                if row["reason"] not in TAKEN_REASONS
            )
        )

    @api.model
    def _get_policy(self, scope):
        """Return the policy whose limits count: the notice's, or the items' own."""
        if scope.notice:
            return scope.notice.level_id.policy_id
        rows = scope.items._get_dunning_rows(scope.company._dunning_today())
        ids = [row["policy_id"] for row in rows.values() if row.get("policy_id")]
        policies_sudo = self.env["account.dunning.policy"].sudo().browse(ids)
        return policies_sudo[:1] or scope.company.dunning_policy_id

    @api.model
    def _prepare_schedule(self, scope, kind, date, count):
        """Return the schedule that was asked for, as [(date, amount)].

        Parts are equal, a month apart; what does not divide is in the last one.

        :param str kind: ``promise`` (all at once) or ``plan``; date, count: as sent.
        :raise UserError: something sent may not be.
        """
        if kind not in KINDS:
            raise UserError(self.env._("Please choose how you want to pay."))
        total = sum(self._get_promisable(scope).values())
        if scope.currency.compare_amounts(total, 0) <= 0:
            raise UserError(self.env._("There is nothing that you could promise."))
        today = scope.company._dunning_today()
        day = self._to_date(date, today, today + timedelta(days=LONGEST_DAYS))
        number = self._to_number(count) if kind == "plan" else 1
        part = scope.currency.round(total / number)
        parts = [part] * (number - 1)
        parts.append(scope.currency.round(total - sum(parts)))
        if scope.currency.compare_amounts(min(parts), 0) <= 0:
            raise UserError(self.env._("So many instalments cannot be made of it."))
        return [
            (fields.Date.add(day, months=index), amount)
            for index, amount in enumerate(parts)
        ]

    @api.model
    def _to_number(self, text):
        text = str(text or "").strip()
        if not (text.isascii() and text.isdigit() and len(text) < 4):
            text = "0"
        if not 2 <= int(text) <= MOST_PARTS:
            raise UserError(
                self.env._("Please enter 2 to %(most)s instalments.", most=MOST_PARTS)
            )
        return int(text)

    @api.model
    def _get_limit_sentence(self, policy):
        """Return what customers may promise by themselves; empty where nothing."""
        values = {
            "days": policy.promise_max_days,
            "parts": policy.promise_max_instalments,
        }
        if not policy.promise_max_days:
            return ""
        if not policy.promise_max_instalments:
            return self.env._(
                "Up to %(days)s days you decide; beyond that you ask us.", **values
            )
        return self.env._(
            "Up to %(days)s days and %(parts)s parts you decide; beyond that you ask"
            " us.",
            **values,
        )

    @api.model
    def _get_promise_excess(self, scope, kind, schedule):
        """Return why a person has to agree first, as sentences for that person.

        A limit that the policy leaves open is one that collectors do not have;
        customers always have one.
        """
        policy = self._get_policy(scope)
        env = self.with_context(lang=self._get_collector(scope).lang).env
        days = (schedule[-1][0] - scope.company._dunning_today()).days
        texts = []
        if not policy.promise_max_days or days > policy.promise_max_days:
            texts.append(env._("It lasts %(days)s days.", days=days))
        if kind == "plan":
            number = len(schedule)
            most = policy.promise_max_instalments
            if not most or number > most:
                texts.append(env._("It has %(number)s instalments.", number=number))
            if self._is_below_smallest(scope, policy, schedule):
                texts.append(env._("The instalments are small."))
            if policy.promise_interest_rate:
                texts.append(env._("The policy has plans bear interest."))
        if self._has_broken_word(scope):
            texts.append(env._("An agreement on these items was broken or ended."))
        return texts

    @api.model
    def _is_below_smallest(self, scope, policy, schedule):
        smallest = policy.currency_id._convert(
            policy.portal_min_part,
            scope.currency,
            scope.company,
            scope.company._dunning_today(),
        )
        lowest = min(amount for _day, amount in schedule)
        return scope.currency.compare_amounts(lowest, smallest) < 0

    @api.model
    def _has_broken_word(self, scope):
        """Return whether there was an agreement on one of the items before."""
        return bool(
            self.env["account.dunning.promise"]
            .sudo()
            .search_count(
                [
                    ("move_line_ids", "in", scope.items.ids),
                    ("state", "in", ("broken", "partial", "cancelled")),
                ],
                limit=1,
            )
        )

    @api.model
    def _get_requests(self, scope):
        """Return the agreements on the items that wait for the collector."""
        return (
            self.env["account.dunning.promise"]
            .sudo()
            .search([("move_line_ids", "in", scope.items.ids), ("state", "=", "draft")])
        )

    @api.model
    def _promise(self, scope, kind, date, count, signed_by=None, drawn=None):
        """Make a promise or a plan for what is to be paid; limits are looked at anew.

        :param str signed_by: the name that it is signed with, as sent.
        :param str drawn: the drawn signature as a data URI, as sent.
        :return: the agreement as superuser; its state is ``draft`` if a person has to
            agree first.
        """
        self._begin(scope)
        schedule = self._prepare_schedule(scope, kind, date, count)
        excess = self._get_promise_excess(scope, kind, schedule)
        signature = self._prepare_signature(scope, signed_by, drawn)
        return self._agree(scope, kind, schedule, excess, signature)

    @api.model
    def _accept_offer(self, scope, signed_by=None, drawn=None):
        """Promise to pay what the notice offers for settling early, until its day.

        :param str signed_by: the name that it is signed with, as sent.
        :param str drawn: the drawn signature as a data URI, as sent.
        :raise UserError: there is no offer any more.
        """
        self._begin(scope)
        schedule = self._get_offer_schedule(scope)
        if not schedule:
            raise UserError(self.env._("This offer is not open any more."))
        excess = []
        if self._has_broken_word(scope):
            excess = [self.env._("An agreement on these items was broken or ended.")]
        signature = self._prepare_signature(scope, signed_by, drawn)
        return self._agree(scope, "promise", schedule, excess, signature)

    @api.model
    def _get_offer_schedule(self, scope, positions=None):
        """Return [(last day, amount)] of the open offer of the notice, or nothing.

        :param list positions: of the items of the notice, where the caller has them.
        """
        today = scope.company._dunning_today()
        offer = scope.notice.offer_ids.filtered(
            lambda offer: offer.state == "open" and offer.date_to >= today
        )[:1]
        if not offer:
            return []
        total = (
            sum(self._get_promisable(scope).values())
            if positions is None
            else self._sum_promisable(scope, positions)
        )
        amount = offer._get_amount_to_pay(total)
        if scope.currency.compare_amounts(amount, 0) <= 0:
            return []
        return [(offer.date_to, amount)]

    @api.model
    def _get_offer_sentence(self, scope, schedule):
        """Return what accepting an offer means, in one sentence for the translators."""
        if not schedule:
            return ""
        day, amount = schedule[0]
        mark = Markup("<strong>%s</strong>")
        return self.env._(
            "Pay %(amount)s by %(date)s, and we credit the rest.",
            amount=mark % scope.currency.format(amount),
            date=mark % format_date(self.env, day),
        )

    @api.model
    def _agree(self, scope, kind, schedule, excess, signature):
        if self._get_requests(scope):
            raise UserError(
                self.env._("We are looking at an earlier request of yours already.")
            )
        promise = (
            self.env["account.dunning.promise"]
            .sudo()
            .create({**self._prepare_promise(scope, kind, schedule), **signature})
        )
        promise._unguarded().policy_id = promise._find_policy()
        excess = excess + [text for text in promise._get_excess() if text not in excess]
        self._log(scope, "promised", promise.display_name, promise._describe())
        if excess:
            promise._ask_approver(excess)
        else:
            promise.action_confirm()
            self._send_confirmation(promise)
        return promise

    @api.model
    def _prepare_signature(self, scope, signed_by, drawn):
        """Return who signed and when, where the policy wants it.

        :raise UserError: it wants it, and nobody did; or the drawing is none.
        """
        policy = self._get_policy(scope)
        if not policy.portal_sign:
            return {}
        name = clean_line(signed_by, 100)
        if len(name) < 3:
            raise UserError(self.env._("Please sign with your full name."))
        values = {"signed_by": name, "signed_on": fields.Datetime.now()}
        if policy.portal_sign_drawn and drawn:
            values["signature"] = self._to_drawing(drawn)
        return values

    @api.model
    def _to_drawing(self, text):
        """Return a drawn signature as it is kept, in base64.

        :param str text: a data URI of a PNG, as sent.
        :raise UserError: it is none, is too large, or shows nothing.
        """
        _head, _comma, content = str(text).rpartition(",")
        try:
            # four characters for three bytes; what is longer is not even unpacked
            kept = len(content) <= drawing.MOST_BYTES * 4 // 3 + 4 and drawing.redraw(
                base64.b64decode(content, validate=True)
            )
        except (binascii.Error, ValueError):
            kept = None
        if not kept:
            raise UserError(
                self.env._("Your signature cannot be read. Please draw it once more.")
            )
        return base64.b64encode(kept)

    @api.model
    def _prepare_promise(self, scope, kind, schedule):
        policy = self._get_policy(scope)
        return {
            "partner_id": scope.partner.id,
            "contact_id": scope.person.id,
            "company_id": scope.company.id,
            "kind": kind,
            "date": scope.company._dunning_today(),
            "tolerance_days": policy.promise_tolerance_days,
            "channel": "portal",
            "user_id": self._get_collector(scope).id,
            "move_line_ids": [
                Command.set([item.id for item in self._get_promisable(scope)])
            ],
            "line_ids": [
                Command.create({"date": day, "amount": amount})
                for day, amount in schedule
            ],
        }

    @api.model
    def _send_confirmation(self, promise):
        """Send the schedule by e-mail, where the customer may be written to."""
        try:
            with self.env.cr.savepoint():
                promise.action_send()
        except UserError as error:
            # the page shows it all the same
            promise.message_post(body=str(error))
