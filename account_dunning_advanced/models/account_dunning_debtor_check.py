import logging
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_amount

from .account_dunning_contact import LOST_DELIVERIES, LOST_OUTCOMES
from .account_dunning_guard import is_dunning_manager

_logger = logging.getLogger(__name__)

# How many differences the notification lists; the log has them all.
SHOWN = 15


class AccountDunningDebtorCheck(models.Model):
    """The check command: are the stored figures those of the ledger, to the cent?

    It shares nothing with the statement that keeps the figures: sums are read through
    the ORM, shares are worked out here item by item, points by the Python engine.
    """

    # a room of its own: the second count
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    # === ACTION METHODS === #

    def action_check_figures(self):
        """Check the current company's debtors, and say what was found.

        :raise AccessError: only dunning managers check.
        """
        faults = self.check_figures()
        company = self.env.company
        if not faults:
            message = self.env._("Every figure is that of the ledger.")
        else:
            message = "\n".join(faults[:SHOWN])
            if len(faults) > SHOWN:
                message += "\n" + self.env._("… and %s more.", len(faults) - SHOWN)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if faults else "success",
                "sticky": bool(faults),
                "title": self.env._("Debtors of %s", company.name),
                "message": message,
            },
        }

    @api.model
    def check_figures(self):
        """Return the differences between the debtors' rows and the ledger.

        For scripts: writes nothing, and is about the current company.

        :return: sentences in the user's language; empty where all agrees.
        :raise AccessError: only dunning managers check.
        """
        if not is_dunning_manager(self.env):
            raise AccessError(self.env._("Only a dunning manager checks the figures."))
        self.check_access("read")
        return self._check_figures(self.env.company)

    # === BUSINESS METHODS === #

    @api.model
    def _check_figures(self, company):
        today = company._dunning_today()
        debtors = self.search([("company_id", "=", company.id)])
        fresh = debtors.filtered(lambda debtor: debtor.date_figures == today)
        faults = [
            self.env._(
                "%(debtor)s: the figures are of %(date)s; refresh them.",
                debtor=debtor.display_name,
                date=debtor.date_figures or "–",
            )
            for debtor in debtors - fresh
        ]
        counted = self._recount(company, today)
        for debtor in fresh:
            faults += debtor._compare(counted.pop(debtor.partner_id.id, {}))
        for partner_id in counted.keys() - set(debtors.partner_id.ids):
            overdue = counted[partner_id].get("amount_overdue")
            if overdue:
                faults.append(
                    self.env._(
                        "%(customer)s: %(amount)s is overdue, and there is no debtor.",
                        customer=self.env["res.partner"].browse(partner_id).name,
                        amount=format_amount(self.env, overdue, company.currency_id),
                    )
                )
        return faults

    def _compare(self, counted):
        """Return what differs between the row and what was counted.

        :param dict counted: values of fields; a missing one is zero or empty.
        """
        self.ensure_one()
        points = sum(part.points for part in self._get_priority_parts())
        counted = {**counted, "priority": float(points)}
        return [
            self.env._(
                "%(debtor)s: %(field)s is %(stored)s, should be %(counted)s.",
                debtor=self.display_name,
                field=self._fields[name]._description_string(self.env),
                stored=self._format_figure(name, self[name]),
                counted=self._format_figure(name, value),
            )
            for name in self._get_checked_fields()
            if not self._is_same(name, value := counted.get(name) or False)
        ]

    @api.model
    def _get_checked_fields(self):
        """Return the fields that :meth:`_recount` counts."""
        return [
            "amount_open",
            "amount_overdue",
            "amount_not_due",
            "amount_credit",
            "amount_disputed",
            "amount_promised",
            "amount_disputed_overdue",
            "amount_promised_overdue",
            "date_oldest_due",
            "dunning_date",
            "broken_promise_count",
            "reply_count",
            "last_contact_date",
            "priority",
        ]

    def _is_same(self, name, value):
        stored = self[name]
        if self._fields[name].type in ("monetary", "float"):
            # to the cent, whatever the currency's rounding
            return round(stored - (value or 0), 2) == 0
        return (stored or False) == value

    def _format_figure(self, name, value):
        if self._fields[name].type == "monetary":
            return format_amount(self.env, value or 0, self.currency_id)
        if self._fields[name].type == "date":
            return value or "–"
        return value or 0

    # === BUSINESS METHODS - THE SECOND COUNT === #

    @api.model
    def _recount(self, company, today):
        """Return {customer id: {field: value}}, counted from the records themselves."""
        figures = {}
        for count in (
            self._recount_items,
            self._recount_disputes,
            self._recount_promises,
            self._recount_records,
            self._recount_contacts,
        ):
            for partner_id, name, value in count(company, today):
                figures.setdefault(partner_id, {}).setdefault(name, 0)
                if isinstance(value, date):
                    figures[partner_id][name] = value
                else:
                    figures[partner_id][name] += value
        return figures

    @api.model
    def _recount_items(self, company, today):
        """Yield the sums of open items, a few queries for all customers."""
        Item = self.env["account.move.line"].sudo()
        base = [
            ("company_id", "=", company.id),
            ("account_type", "=", "asset_receivable"),
            ("parent_state", "=", "posted"),
            ("reconciled", "=", False),
            ("partner_id", "!=", False),
        ]
        debit = [*base, ("amount_residual", ">", 0)]
        # entries without a due date fall due at once
        undated = ("date_maturity", "=", False)
        late = ["|", ("date_maturity", "<", today), "&", undated, ("date", "<", today)]
        for name, domain, sign in (
            ("amount_open", base, 1),
            ("amount_overdue", [*debit, *late], 1),
            ("amount_not_due", [*debit, "!", *late], 1),
            ("amount_credit", [*base, ("amount_residual", "<", 0)], -1),
        ):
            for partner, amount in Item._read_group(
                domain, ["partner_id"], ["amount_residual:sum"]
            ):
                yield partner.commercial_partner_id.id, name, sign * amount
        oldest = {}
        for domain, aggregate in (
            (debit, "date_maturity:min"),
            ([*debit, undated], "date:min"),
        ):
            for partner, due in Item._read_group(domain, ["partner_id"], [aggregate]):
                key = partner.commercial_partner_id.id
                oldest[key] = min(filter(None, (oldest.get(key), due)), default=False)
        for partner_id, due in oldest.items():
            if due:
                yield partner_id, "date_oldest_due", due

    @api.model
    def _recount_disputes(self, company, today):
        """Yield what open disputes take in, item by item."""
        lines = (
            self.env["account.dunning.dispute.line"]
            .sudo()
            .search(
                [
                    ("dispute_id.company_id", "=", company.id),
                    ("dispute_id.state", "=", "open"),
                ]
            )
        )
        for item, parts in lines.grouped("move_line_id").items():
            open_amount = item.amount_residual_currency
            if open_amount > 0:
                disputed = sum(part.amount - part.amount_upheld for part in parts)
                share = min(disputed, open_amount) / open_amount
                partner = parts[0].dispute_id.partner_id
                amount = company.currency_id.round(share * item.amount_residual)
                yield partner.id, "amount_disputed", amount
                if (item.date_maturity or item.date) < today:
                    yield partner.id, "amount_disputed_overdue", amount

    @api.model
    def _recount_promises(self, company, today):
        """Yield what is still to come from each agreement that is on track."""
        promises = (
            self.env["account.dunning.promise"]
            .sudo()
            .search([("company_id", "=", company.id), ("state", "=", "active")])
        )
        for promise in promises:
            items = promise.item_ids.move_line_id.filtered(
                lambda item: item.amount_residual_currency > 0
            )
            due = sum(
                promise.line_ids.filtered(lambda line: line.state == "active").mapped(
                    "amount_due"
                )
            )
            late = items.filtered(
                lambda item: (item.date_maturity or item.date) < today
            )
            for name, claims in (
                ("amount_promised", items),
                ("amount_promised_overdue", late),
            ):
                owed = sum(claims.mapped("amount_residual_currency"))
                if owed > 0 and due > 0:
                    share = min(due, owed) / owed
                    amount = share * sum(claims.mapped("amount_residual"))
                    yield promise.partner_id.id, name, company.currency_id.round(amount)

    @api.model
    def _recount_records(self, company, today):
        """Yield counts of broken agreements and unread replies, and the last notice."""
        for model, name, states, aggregate in (
            (
                "account.dunning.promise",
                "broken_promise_count",
                ["broken", "partial"],
                "__count",
            ),
            ("account.dunning.reply", "reply_count", ["open"], "__count"),
            ("account.dunning.notice", "dunning_date", ["issued"], "date:max"),
        ):
            for partner, value in (
                self.env[model]
                .sudo()
                ._read_group(
                    [("company_id", "=", company.id), ("state", "in", states)],
                    ["partner_id"],
                    [aggregate],
                )
            ):
                yield partner.id, name, value

    @api.model
    def _recount_contacts(self, company, today):
        """Yield the last contact that reached the other side, as the company's day."""
        local = self.with_context(tz=company._get_dunning_tz())
        for partner, moment in (
            self.env["account.dunning.contact"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", company.id),
                    ("delivery_state", "not in", LOST_DELIVERIES),
                    ("outcome", "not in", LOST_OUTCOMES),
                ],
                ["partner_id"],
                ["date:max"],
            )
        ):
            day = fields.Datetime.context_timestamp(local, moment).date()
            yield partner.id, "last_contact_date", day

    # === CRON METHODS === #

    @api.model
    def _cron_check_figures(self):
        """Check all companies; log what differs, and set it right."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._refresh_aged(company)
            faults = self._check_figures(company)
            for fault in faults:
                _logger.warning("Debtors of %s: %s", company.name, fault)
            if faults:
                self._refresh(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _refresh_aged(self, company):
        """Refresh what the daily job has not come to yet: it is no fault."""
        aged = self.search(
            [
                ("company_id", "=", company.id),
                "|",
                ("date_figures", "=", False),
                ("date_figures", "!=", company._dunning_today()),
            ]
        )
        self._refresh(company, aged.partner_id.ids)
