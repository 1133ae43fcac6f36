from functools import cache, partial

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

#: Last days of the bars of the aging, and how they are painted; what comes later is in
#: the last one.
AGES = (
    ("not_due", 0, "success"),
    ("age_30", 30, "info"),
    ("age_60", 60, "warning"),
    ("age_90", 90, "danger"),
    ("older", None, "dark"),
)
#: Reasons of the assessment for which an item is paid by a schedule.
AGREEMENT_REASONS = ("promise", "plan", "settlement")


class AccountDunningStatement(models.AbstractModel):
    """What a customer is shown of the account: open items, in plain words.

    Everything is read off the ledger and the core's assessment at the moment of
    looking; nothing is stored. The methods take the customer and the companies as
    arguments and are private: whoever calls them as superuser has checked before
    that the reader may see that customer in those companies.
    """

    _name = "account.dunning.statement"
    _description = "Customer Statement"

    # === BUSINESS METHODS - WHICH ITEMS === #

    @api.model
    def _get_item_domain(self, partner, companies):
        """Return the domain of the open items of a customer's commercial entity.

        Credits and journal entries without an invoice (opening balances, payments
        on account) are part of it: a statement without them would ask for too much.
        """
        return (
            Domain(
                "partner_id.commercial_partner_id",
                "=",
                partner.commercial_partner_id.id,
            )
            & Domain("company_id", "in", companies.ids)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", "!=", 0)
        )

    @api.model
    def _get_filter_domains(self, companies):
        """Return {name: domain} for the choices of items on the page."""
        debit = Domain("amount_residual_currency", ">", 0)
        overdue = Domain.OR(
            Domain("company_id", "=", company.id)
            & self._get_overdue_domain(company._dunning_today())
            for company in companies
        )
        return {
            "all": Domain.TRUE,
            "overdue": debit & overdue,
            "not_due": debit & ~overdue,
            "credit": Domain("amount_residual_currency", "<", 0),
        }

    @api.model
    def _get_overdue_domain(self, today):
        # a journal entry need not have a due date; the assessment takes its own then
        return Domain("date_maturity", "<", today) | (
            Domain("date_maturity", "=", False) & Domain("date", "<", today)
        )

    @api.model
    def _get_search_domain(self, text):
        """Return the domain for what the customer typed: number or reference."""
        return Domain.OR(
            Domain(name, "ilike", text)
            for name in ("move_name", "move_id.ref", "move_id.payment_reference")
        )

    # === BUSINESS METHODS - WHAT IS SAID OF THEM === #

    @api.model
    def _get_totals(self, partner, companies, positions, agreements=None):
        """Sum up by company and currency what is owed and what is to be paid.

        :param list positions: of all items, alone or in groups.
        :param list agreements: the customer's, where the caller has them.
        :return: list of dicts with company, currency and the amounts ``open``,
            ``overdue``, ``credit``, ``in_payment``, ``balance`` (open less credit)
            and ``to_pay``: what is overdue, less credits and money under way. The
            last is never more than the balance, whatever the policy makes of
            credits.
        """
        totals = self._get_credit_totals(partner, companies)
        for row in positions:
            total = totals.setdefault((row["company_id"], row["currency_id"]), {})
            for name, amount in self._split_row(row).items():
                total[name] = total.get(name, 0) + amount
        prepared = [
            self._prepare_total(company_id, currency_id, total)
            for (company_id, currency_id), total in totals.items()
        ]
        position = {company: index for index, company in enumerate(companies)}
        return sorted(
            prepared,
            key=lambda total: (position[total["company"]], total["currency"].name),
        )

    @api.model
    def _get_credit_totals(self, partner, companies):
        domain = self._get_item_domain(partner, companies)
        return {
            (company.id, currency.id): {"credit": -amount}
            for company, currency, amount in self.env["account.move.line"]._read_group(
                domain & Domain("amount_residual_currency", "<", 0),
                ["company_id", "currency_id"],
                ["amount_residual_currency:sum"],
            )
        }

    @api.model
    def _split_row(self, row):
        """Return the amounts that an open item, or a group, adds to the totals."""
        residual = row["residual"]
        is_overdue = row["days_overdue"] > 0
        return {
            self._get_age(row["days_overdue"]): residual,
            "open": residual,
            "overdue": residual if is_overdue else 0.0,
            "in_payment": residual if row["reason"] == "in_payment" else 0.0,
            "to_pay": row["unsettled"] if is_overdue else 0.0,
        }

    @api.model
    def _get_age(self, days_overdue):
        return next(
            name for name, last, _kind in AGES if last is None or days_overdue <= last
        )

    @api.model
    def _prepare_aging(self, total, currency):
        """Return the bars of the aging: name, amount, percent of what is open."""
        labels = {
            "not_due": self.env._("Not due yet"),
            "age_30": self.env._("1 to 30 days late"),
            "age_60": self.env._("31 to 60 days late"),
            "age_90": self.env._("61 to 90 days late"),
            "older": self.env._("More than 90 days late"),
        }
        return [
            {
                "kind": kind,
                "label": labels[name],
                "amount": currency.round(total[name]),
                "text": currency.format(total[name]),
                "percent": 100 * total[name] / total["open"],
            }
            for name, _last, kind in AGES
            if total.get(name)
        ]

    @api.model
    def _prepare_total(self, company_id, currency_id, total):
        currency = self.env["res.currency"].browse(currency_id)
        values = {
            name: currency.round(total.get(name, 0.0))
            for name in ("open", "overdue", "credit", "in_payment", "to_pay")
        }
        balance = currency.round(values["open"] - values["credit"])
        return {
            **values,
            "company": self.env["res.company"].browse(company_id),
            "currency": currency,
            "balance": balance,
            "aging": self._prepare_aging(total, currency),
            "to_pay": max(0.0, min(values["to_pay"], balance - values["in_payment"])),
        }

    @api.model
    def _prepare_total_texts(self, total):
        """Return the amounts of a total as the customer reads them."""
        return {
            name: total["currency"].format(amount)
            for name, amount in total.items()
            if isinstance(amount, float)
        }

    @api.model
    def _prepare_items(self, lines, rows):
        """Return what the page shows of open items: plain values, no records.

        :param account.move.line lines: the items of one page.
        :param dict rows: from :meth:`_get_rows`; credits have none.
        """
        self._fetch_items(lines)
        arithmetic = self._get_arithmetic(lines)
        instalments = self._get_instalments(lines)
        # many are of one day
        format_day = cache(partial(format_date, self.env))
        items = []
        for line in lines:
            item = self._prepare_item(line, rows.get(line.id))
            item["instalment"] = instalments[line]
            item["arithmetic"] = arithmetic.get(line.move_id, [])
            item["texts"] = self._prepare_texts(item, format_day)
            items.append(item)
        return items

    @api.model
    def _get_item_fields(self):
        """Return what is read of open items: of all fields it would take the longest.

        :return: (names of fields of the journal item, of its move).
        """
        return (
            [
                *("move_id", "move_name", "name", "company_id", "currency_id"),
                *("date", "invoice_date", "date_maturity", "reconciled"),
                *("amount_currency", "amount_residual_currency"),
            ],
            ["move_type", "ref", "partner_bank_id"],
        )

    @api.model
    def _fetch_items(self, lines):
        of_line, of_move = self._get_item_fields()
        lines.fetch(of_line)
        lines.move_id.fetch(of_move)

    @api.model
    def _prepare_texts(self, item, format_day):
        """Return amounts and days of an item as the customer reads them.

        A page has hundreds of them: a widget for each would take most of its time.

        :param format_day: function of a date that returns it as text.
        """
        money, days = ("amount", "residual"), ("date", "date_due")
        return {
            **{name: item["currency"].format(item[name]) for name in money},
            **{name: format_day(item[name]) for name in days},
        }

    @api.model
    def _get_arithmetic(self, lines):
        """Return {bill: how its interest and fees were computed, as sentences}."""
        charges = self.env["account.dunning.notice.charge"].search(
            [
                ("invoice_line_id.move_id", "in", lines.move_id.ids),
                ("state", "=", "posted"),
            ]
        )
        return {
            move: [
                {"text": charge.explanation, "source": charge.source}
                for charge in of_move
            ]
            for move, of_move in charges.grouped(
                lambda charge: charge.invoice_line_id.move_id
            ).items()
        }

    @api.model
    def _prepare_item(self, line, row):
        move = line.move_id
        is_invoice = move.is_invoice()
        return {
            "id": line.id,
            "name": line.move_name,
            "reference": move.ref if is_invoice else line.name or move.ref,
            "url": move.access_url if is_invoice else False,
            "can_pay": bool(row and row["payable"]),
            "can_answer": bool(row),
            "date": line.invoice_date or line.date,
            "date_due": (row and row["date_due"]) or line.date_maturity or line.date,
            "days_overdue": row["days_overdue"] if row else 0,
            "late": self._get_late(row),
            "labels": {
                "pay": self.env._("Pay %(item)s", item=line.move_name),
                "answer": self.env._("Write to us about %(item)s", item=line.move_name),
            },
            "amount": line.amount_currency,
            "residual": line.amount_residual_currency,
            "currency": line.currency_id,
            "company": line.company_id,
            "status": self._get_status(line, row),
        }

    @api.model
    def _get_late(self, row):
        """Say how late an open item is; nothing where it is not."""
        days = row["days_overdue"] if row else 0
        if days <= 0:
            return ""
        if days == 1:
            return self.env._("1 day late")
        return self.env._("%(days)s days late", days=days)

    @api.model
    def _get_instalments(self, lines):
        """Return {item: which of how many instalments it is, as text, or ""}."""
        terms = lines.search_fetch(
            [
                ("move_id", "in", lines.move_id.ids),
                ("display_type", "=", "payment_term"),
            ],
            ["move_id", "date_maturity", "date"],
            order="id",
        ).grouped("move_id")
        return {
            line: self._get_instalment(line, terms.get(line.move_id, lines.browse()))
            for line in lines
        }

    @api.model
    def _get_instalment(self, line, terms):
        """Return which of how many instalments of its invoice an item is, as text.

        :param account.move.line terms: the instalments of the invoice.
        """
        if len(terms) < 2 or line not in terms:
            return ""
        terms = terms.sorted(lambda term: (term.date_maturity or term.date, term.id))
        return self.env._(
            "Instalment %(number)s of %(count)s",
            number=terms.ids.index(line.id) + 1,
            count=len(terms),
        )

    @api.model
    def _get_status(self, line, row):
        """Say in the customer's words how it stands with an open item.

        Only what concerns the customer is said: the ladder, policies and internal
        stops are the company's business. For an addon to show a reason of its own,
        it must override this method.

        :param account.move.line line: the item.
        :param dict row: its row of the assessment; None for a credit or where it is
            settled.
        :return: {text, kind}; kind is a Bootstrap colour.
        """
        if row is None:
            if line.reconciled or not line.amount_residual_currency:
                return {"text": self.env._("Paid"), "kind": "success"}
            return {"text": self.env._("Credit"), "kind": "success"}
        if row["reason"] == "in_payment":
            return {"text": self.env._("Payment under way"), "kind": "info"}
        if row["reason"] == "factored":
            return {
                "text": self.env._("Assigned, not to be paid to us"),
                "kind": "info",
            }
        if row["reason"] == "disputed":
            return {"text": self.env._("You objected"), "kind": "info"}
        if row["reason"] == "credit_covers":
            return {"text": self.env._("Covered by your credit"), "kind": "info"}
        if row["days_overdue"] <= 0:
            return {"text": self.env._("Not due yet"), "kind": "light"}
        if row["credited"]:
            covered = line.currency_id.format(row["credited"])
            return {
                "text": self.env._("Overdue, %(amount)s covered", amount=covered),
                "kind": "warning",
            }
        return {"text": self.env._("Overdue"), "kind": "danger"}
