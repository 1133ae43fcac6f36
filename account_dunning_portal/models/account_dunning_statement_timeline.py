from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date


class AccountDunningStatementTimeline(models.AbstractModel):
    """What happened between the customer and the companies, the latest first."""

    # a room of its own: the timeline
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.statement"

    @api.model
    def _get_timeline(self, partner, companies, limit):
        """Return the last events as plain values: date, text, amount, currency, url.

        For an addon to tell more, it must extend :meth:`_get_timeline_parts`.
        """
        events = []
        for part in self._get_timeline_parts():
            events += part(partner.commercial_partner_id, companies, limit)
        events.sort(key=lambda event: event["date"], reverse=True)
        return events[:limit]

    @api.model
    def _get_timeline_parts(self):
        return [
            self._get_notice_events,
            self._get_money_events,
            self._get_dispute_events,
            self._get_promise_events,
            self._get_answer_events,
        ]

    @api.model
    def _make_event(self, date, icon, text, amount=None, currency=None, url=None):
        return {
            "date": date,
            "day": format_date(self.env, date),
            "icon": icon,
            "text": text,
            "amount": amount,
            "currency": currency,
            "money": currency.format(amount) if currency else "",
            "url": url,
        }

    @api.model
    def _get_notice_events(self, partner, companies, limit):
        notices = self.env["account.dunning.notice"].search(
            self._get_notice_domain(partner, companies),
            order="date desc, id desc",
            limit=limit,
        )
        return [
            self._make_event(
                notice.date,
                "fa-envelope-o",
                self.env._(
                    "We sent you %(level)s %(number)s",
                    level=notice.level_id.name,
                    number=notice.name,
                ),
                notice.amount_total,
                notice.currency_id,
                notice.access_url,
            )
            for notice in notices
        ]

    @api.model
    def _get_money_domain(self, partner, companies):
        """Return the domain of what lowered the account: money and credit notes."""
        return (
            Domain("partner_id.commercial_partner_id", "=", partner.id)
            & Domain("company_id", "in", companies.ids)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("balance", "<", 0)
            & (
                Domain("move_id.move_type", "=", "out_refund")
                | Domain("journal_id.type", "in", ("bank", "cash", "credit"))
            )
        )

    @api.model
    def _get_money_events(self, partner, companies, limit):
        lines = self.env["account.move.line"].search_fetch(
            self._get_money_domain(partner, companies),
            ["move_id", "move_name", "date", "amount_currency", "currency_id"],
            order="date desc, id desc",
            limit=limit,
        )
        lines.move_id.fetch(["move_type"])
        events = []
        for line in lines:
            is_refund = line.move_id.move_type == "out_refund"
            text = (
                self.env._("We credited %(number)s", number=line.move_name)
                if is_refund
                else self.env._("We received your payment")
            )
            events.append(
                self._make_event(
                    line.date,
                    "fa-undo" if is_refund else "fa-check",
                    text,
                    -line.amount_currency,
                    line.currency_id,
                    line.move_id.access_url if is_refund else None,
                )
            )
        return events

    @api.model
    def _get_dispute_events(self, partner, companies, limit):
        disputes = self.env["account.dunning.dispute"].search(
            [("partner_id", "=", partner.id), ("company_id", "in", companies.ids)],
            order="id desc",
            limit=limit,
        )
        events = []
        for dispute in disputes:
            about = (dispute.amount, dispute.currency_id)
            events.append(
                self._make_event(
                    dispute.date,
                    "fa-comment-o",
                    self.env._(
                        "You objected: %(reason)s", reason=dispute.reason_id.name
                    ),
                    *about,
                )
            )
            if dispute.date_decided:
                events.append(
                    self._make_event(
                        dispute.date_decided,
                        "fa-gavel",
                        self._prepare_dispute(dispute)["state"],
                        *about,
                    )
                )
        return events

    @api.model
    def _get_promise_events(self, partner, companies, limit):
        promises = self.env["account.dunning.promise"].search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "in", companies.ids),
                ("state", "not in", ("draft", "cancelled")),
            ],
            order="date desc, id desc",
            limit=limit,
        )
        kinds = dict(promises._fields["kind"]._description_selection(self.env))
        over = {
            "kept": self.env._("Done, thank you: %(kind)s"),
            "broken": self.env._("Not kept: %(kind)s"),
            "partial": self.env._("Not kept in full: %(kind)s"),
        }
        events = []
        for promise in promises:
            about = (promise.amount_total, promise.currency_id)
            kind = kinds[promise.kind]
            events.append(
                self._make_event(
                    promise.date,
                    "fa-handshake-o",
                    self.env._("We agreed: %(kind)s", kind=kind),
                    *about,
                )
            )
            if promise.date_closed and promise.state in over:
                text = over[promise.state] % {"kind": kind}
                events.append(
                    self._make_event(promise.date_closed, "fa-flag-o", text, *about)
                )
        return events

    @api.model
    def _get_answer_events(self, partner, companies, limit):
        """Return what the customer told in the portal and is no record of its own."""
        texts = {
            "received": self.env._("You wrote to us"),
            "asks_documents": self.env._("You asked for documents"),
            "paid": self.env._("You told us that it is paid"),
        }
        contacts = self.env["account.dunning.contact"].search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "in", companies.ids),
                ("direction", "=", "in"),
                ("channel", "=", "portal"),
                ("outcome", "in", list(texts)),
            ],
            order="date desc, id desc",
            limit=limit,
        )
        return [
            self._make_event(
                fields.Datetime.context_timestamp(contact, contact.date).date(),
                "fa-pencil",
                texts[contact.outcome],
            )
            for contact in contacts
        ]
