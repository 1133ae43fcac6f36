from odoo import api, models
from odoo.tools import format_date

from .account_dunning_statement import AGREEMENT_REASONS


class AccountDunningStatementAgreement(models.AbstractModel):
    """What is disputed and what has been agreed, on the customer's statement."""

    # a room of its own: disputes and agreements
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.statement"

    # === BUSINESS METHODS - TOTALS === #

    @api.model
    def _split_row(self, row):
        amounts = super()._split_row(row)
        # what is under way already is not subtracted twice
        disputed = 0.0 if row["reason"] == "in_payment" else row["disputed"]
        is_agreed = self._is_agreed(row)
        amounts["disputed"] = disputed
        amounts["agreed"] = amounts["open"] - disputed if is_agreed else 0.0
        return amounts

    @api.model
    def _is_agreed(self, row):
        return row["reason"] in AGREEMENT_REASONS

    @api.model
    def _get_totals(self, partner, companies, positions, agreements=None):
        """Add to what is to be paid the instalments that have fallen due."""
        if agreements is None:
            agreements = self._get_agreements(partner, companies)
        totals = super()._get_totals(partner, companies, positions, agreements)
        for total in totals:
            mine = [
                agreement
                for agreement in agreements
                if agreement["company"] == total["company"]
                and agreement["currency"] == total["currency"]
            ]
            due = sum(agreement["due"] for agreement in mine)
            total["instalments"] = total["currency"].round(due)
            total["to_pay"] = total["currency"].round(total["to_pay"] + due)
        return totals

    @api.model
    def _prepare_total(self, company_id, currency_id, total):
        values = super()._prepare_total(company_id, currency_id, total)
        currency = values["currency"]
        for name in ("disputed", "agreed"):
            values[name] = currency.round(total.get(name, 0.0))
        # credits go against the rest first, never against what is not asked for
        rest = values["balance"] - values["in_payment"]
        rest -= values["disputed"] + values["agreed"]
        values["to_pay"] = currency.round(max(0.0, min(values["to_pay"], rest)))
        return values

    @api.model
    def _get_status(self, line, row):
        if row and row["reason"] in AGREEMENT_REASONS:
            return {"text": self.env._("Agreed"), "kind": "info"}
        if row and row["is_claimed_paid"] and row["reason"] == "hold_item":
            return {
                "text": self.env._("We are looking for your payment"),
                "kind": "info",
            }
        if row and 0 < row["disputed"] < row["residual"]:
            return {
                "text": self.env._(
                    "You objected to %(amount)s",
                    amount=line.currency_id.format(row["disputed"]),
                ),
                "kind": "info",
            }
        return super()._get_status(line, row)

    # === BUSINESS METHODS - LISTS === #

    @api.model
    def _get_agreements(self, partner, companies, items=None):
        """Return what has been agreed or asked for, as plain values.

        :param SQL items: a select of ids; agreements on these alone.
        :return: list of dicts: name, kind, is_request, lines (date, amount, paid,
            left, is_late), total, paid, next_date, next_amount, due (what is left of
            the instalments up to today), company, currency.
        """
        domain = [
            ("partner_id", "=", partner.commercial_partner_id.id),
            ("company_id", "in", companies.ids),
            "|",
            ("state", "=", "active"),
            "&",
            ("state", "=", "draft"),
            ("channel", "=", "portal"),
        ]
        if items is not None:
            domain.append(("move_line_ids", "in", items))
        promises = self.env["account.dunning.promise"].search(domain)
        return [self._prepare_agreement(promise) for promise in promises]

    @api.model
    def _prepare_agreement(self, promise):
        today = promise.company_id._dunning_today()
        kinds = dict(promise._fields["kind"]._description_selection(self.env))
        lines = promise.line_ids.sorted("date")
        is_request = promise.state == "draft"
        due = lines.filtered(lambda line: line.date <= today)
        following = lines.filtered(lambda line: line.amount_due > 0)[:1]
        return {
            "id": promise.id,
            "name": kinds[promise.kind],
            "is_request": is_request,
            "date": promise.date,
            "items": ", ".join(promise.move_line_ids.mapped("move_name")),
            "lines": [
                {
                    "date": line.date,
                    "amount": line.amount,
                    "paid": line.amount_paid + line.amount_settled,
                    "left": line.amount_due,
                    "is_late": line.amount_due > 0 and line.date < today,
                }
                for line in lines
            ],
            "total": promise.amount_total,
            "paid": self._get_promise_paid(promise),
            "next_amount": following.amount_due,
            "next_is_late": bool(following) and following.date < today,
            "progress": self._get_progress(promise),
            "next": "" if is_request else self._get_next(following, today),
            "pay_url": self._get_promise_url(promise) if following else None,
            "due": 0.0 if is_request else sum(due.mapped("amount_due")),
            "company": promise.company_id,
            "currency": promise.currency_id,
        }

    @api.model
    def _get_promise_paid(self, promise):
        return sum(line.amount_paid + line.amount_settled for line in promise.line_ids)

    @api.model
    def _get_progress(self, promise):
        """Return how much of an agreement is paid, in one sentence."""
        return self.env._(
            "Paid %(paid)s of %(total)s.",
            paid=promise.currency_id.format(self._get_promise_paid(promise)),
            total=promise.currency_id.format(promise.amount_total),
        )

    @api.model
    def _get_next(self, line, today):
        """Return what is next of an agreement, in one sentence; empty if nothing is."""
        if not line:
            return ""
        values = {
            "amount": line.currency_id.format(line.amount_due),
            "date": format_date(self.env, line.date),
        }
        if line.date < today:
            return self.env._("%(amount)s was due on %(date)s.", **values)
        return self.env._("Next: %(amount)s by %(date)s.", **values)

    @api.model
    def _get_promise_url(self, promise):
        """Return where an instalment is paid; requests and old ones are not."""
        if promise.state != "active":
            return None
        return (
            f"/my/dunning/pay?company={promise.company_id.id}"
            f"&currency={promise.currency_id.id}&choice=p{promise.id}"
        )

    @api.model
    def _get_disputes(self, partner, companies, items=None):
        """Return the customer's disputes and what became of them, as plain values.

        :param SQL items: a select of ids; disputes of these alone, decided ones too.
        """
        domain = [
            ("partner_id", "=", partner.commercial_partner_id.id),
            ("company_id", "in", companies.ids),
        ]
        if items is None:
            domain.append(("state", "=", "open"))
        else:
            domain.append(("move_line_ids", "in", items))
        disputes = self.env["account.dunning.dispute"].search(domain, order="id desc")
        return [self._prepare_dispute(dispute) for dispute in disputes]

    @api.model
    def _get_answered_by(self, dispute):
        """Return the sentence that says when the customer is answered, if known."""
        if not dispute.deadline:
            return ""
        return self.env._(
            "You hear from us by %(date)s.",
            date=format_date(self.env, dispute.deadline),
        )

    @api.model
    def _prepare_dispute(self, dispute):
        labels = {
            "open": self.env._("We are looking into it"),
            "upheld": self.env._("You were right"),
            "partly": self.env._("You were right in part"),
            "rejected": self.env._("We do not agree"),
        }
        is_open = dispute.state == "open"
        return {
            "reason": dispute.reason_id.name,
            "items": ", ".join(dispute.move_line_ids.mapped("move_name")),
            "amount": dispute.amount,
            "upheld": dispute.amount_upheld,
            "date": dispute.date,
            "answered_by": self._get_answered_by(dispute) if is_open else "",
            "state": labels[dispute.state],
            "is_open": is_open,
            "answer": not is_open and dispute.tell_customer and dispute.answer,
            "files": len(dispute.evidence_ids),
            "currency": dispute.currency_id,
            "company": dispute.company_id,
        }
