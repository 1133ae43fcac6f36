from datetime import timedelta

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency

from odoo import api, fields, models

from ..engine import claim, text
from .account_legal_demand_mixin import DEFAULT_DAYS

#: The words of a claim account where a document does not say them.
ACCOUNT_WORDS = {
    "date": "Date",
    "event": "Event",
    "amount": "Amount",
    "principal": "Principal",
    "interest": "Interest",
    "fee": "Fees",
    "cost": "Costs",
    "payment": "Payment",
    "waiver": "Waiver or credit note",
    "total": "Total",
    "creditor": "Creditor",
    "debtor": "Debtor",
    "court": "Court",
    "file_number": "File number",
    "as_of": "As of",
    "sum": "Balance",
}


class AccountLegalDocumentMixin(models.AbstractModel):
    """What the documents of a case say, in the language of the court."""

    _name = "account.legal.document.mixin"
    _description = "Documents of a Legal Case"

    letter_ids = fields.One2many(
        comodel_name="account.legal.letter", inverse_name="case_id", string="Documents"
    )

    # === ACTION METHODS === #

    def action_print_account(self):
        """Return the report action for the claim account."""
        self.check_access("read")
        return self.env.ref(
            "account_dunning_legal.account_legal_case_report_account"
        ).report_action(self)

    # === BUSINESS METHODS === #

    def _get_court_country(self):
        self.ensure_one()
        return self.procedure_id.country_id or self.company_id.country_id

    def _get_account_document(self):
        return self.env["account.legal.document"]._find_for(
            "account", self._get_court_country()
        )

    def _get_account_words(self):
        return {**ACCOUNT_WORDS, **self._get_account_document()._get_words()}

    def _get_account_rows(self, day=None):
        """Return the rows of the claim account until a day, as the engine does."""
        self.ensure_one()
        day = day or self.company_id._dunning_today()
        return claim.statement(
            self.claim_ids._get_events(), day, self._get_payment_order()
        )

    def _get_event_notes(self):
        """Return {event id: what the account says of it}."""
        return {event.id: event.note or "" for event in self.claim_ids}

    @api.model
    def _get_document_names(self):
        """Return the names that the text of a document may refer to."""
        return {
            "account",
            "bank",
            "case",
            "claim_cost",
            "court",
            "court_fee",
            "creditor",
            "creditor_address",
            "creditor_email",
            "creditor_phone",
            "creditor_vat",
            "date",
            "deadline",
            "debtor",
            "debtor_address",
            "debtor_email",
            "debtor_phone",
            "debtor_vat",
            "enclosures",
            "fee",
            "file_number",
            "instalments",
            "interest",
            "interest_rule",
            "items",
            "next_step",
            "others",
            "principal",
            "responsible",
            "total",
        }

    @api.model
    def _get_item_names(self):
        """Return the names that the line for an item may refer to."""
        return {"number", "date", "due", "amount", "open", "days"}

    def _get_document_values(self, document, day=None):
        """Return {name: text} for a document, in its language."""
        self.ensure_one()
        day = day or self.company_id._dunning_today()
        parts = self._get_claimed(day)
        creditor, debtor = self.company_id.partner_id, self.partner_id
        step = self.current_step_id.procedure_step_id
        bank = self._get_bank_account()
        court_fee, _reason = self._get_step_fee(step, day)
        amounts = {
            name: self._format_amount(document, parts[part])
            for name, part in (
                ("principal", "principal"),
                ("interest", "interest"),
                ("fee", "fee"),
                ("claim_cost", "cost"),
            )
        }
        return {
            **amounts,
            **self._get_party_values("creditor", creditor),
            **self._get_party_values("debtor", debtor),
            "total": self._format_amount(document, sum(parts.values())),
            "account": bank.acc_number or "",
            "bank": bank.bank_name or "",
            "case": self.name,
            "court": self.court or "",
            "file_number": self.file_number or "",
            "court_fee": self._format_amount(
                document, self._get_step_fee(step, day)[0]
            ),
            "date": self._format_day(document, day),
            "deadline": self._format_day(document, self._get_document_deadline(day)),
            "enclosures": step.enclosures or "",
            "instalments": self._get_instalment_text(document),
            "interest_rule": self.interest_id.name or "",
            "items": self._get_item_text(document, day),
            "next_step": self._get_announced_step() or "",
            "others": self._get_others_text(),
            "responsible": self.user_id.name or "",
        }

    def _get_document_deadline(self, day):
        demand = self._get_demand_step()
        if demand.date_deadline:
            return demand.date_deadline
        return demand.procedure_step_id._get_deadline(day) or day + timedelta(
            days=DEFAULT_DAYS
        )

    @api.model
    def _get_party_values(self, role, partner):
        address = partner._display_address(without_company=True)
        return {
            role: partner.name or "",
            f"{role}_address": ", ".join(
                line.strip() for line in address.splitlines() if line.strip()
            ),
            f"{role}_vat": partner.company_registry or partner.vat or "",
            f"{role}_phone": partner.phone or "",
            f"{role}_email": partner.email or "",
        }

    def _get_item_text(self, document, day):
        """Return one line for each item that the claim rests on."""
        if not document.item_line:
            return ""
        open_amounts = self._get_open_principal(day)
        return "\n".join(
            text.fill(
                document.item_line,
                {
                    "number": line.move_name or line.name or "",
                    "date": self._format_day(document, line.invoice_date or line.date),
                    "due": self._format_day(document, line.date_maturity or line.date),
                    "amount": self._format_amount(document, line.amount_currency),
                    "open": self._format_amount(document, open_amounts[line.id]),
                    "days": max((day - (line.date_maturity or line.date)).days, 0),
                },
            )
            for line in self._get_demand_lines()
        )

    def _get_open_principal(self, day):
        """Return {item id: what is left of it by the claim account}, oldest paid first.

        Payments may have settled costs and interest, which the ledger does not see.
        """
        items = [
            (line.id, self._get_due_date(line), line.amount_currency)
            for line in self.move_line_ids
        ]
        left = self._get_claimed(day)["principal"]
        shares = claim.shared_principal(items, left)
        return {item_id: float(amount) for item_id, amount in shares.items()}

    def _get_instalment_text(self, document):
        """Return the instalments of the debtor's agreed plan, one a line."""
        plan = self.env["account.dunning.promise"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("kind", "in", ("plan", "settlement")),
                ("state", "in", ("draft", "active", "partial")),
            ],
            order="id desc",
            limit=1,
        )
        return "\n".join(
            f"{self._format_day(document, line.date)} | "
            f"{self._format_amount(document, line.amount)}"
            for line in plan.line_ids.sorted("date")
        )

    def _get_others_text(self):
        """Return who else owes or vouches; an override point."""
        return ""

    def _format_day(self, document, day):
        return format_date(day, format="long", locale=self._get_locale(document))

    def _format_amount(self, document, amount):
        return format_currency(
            self.currency_id.round(amount),
            self.currency_id.name,
            locale=self._get_locale(document),
            # a yen has no sen
            currency_digits=True,
        ).replace("\xa0", " ")

    @api.model
    def _get_locale(self, document):
        try:
            return Locale.parse(document.lang or "en_US")
        except (UnknownLocaleError, ValueError):
            return Locale.parse("en_US")
