import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date, split_every

from ..engine import xlsx
from ..engine.xlsx import Column, Sheet

# Records read, and rows fetched, at once: memory does not grow with the sheet.
ROWS_AT_ONCE = 2000
# What a list of records is exported as.
KINDS = {
    "account.dunning.debtor": "debtors",
    "account.dunning.run": "run",
    "account.dunning.promise": "promises",
}
CURSOR = SQL.identifier("account_dunning_export")


class AccountDunningExport(models.TransientModel):
    """A spreadsheet that somebody has asked for, and may fetch.

    It is made when it is fetched, with the rights and in the companies of who asked.
    An addon adds a kind by a selection value and a method ``_get_<kind>_sheets``.
    """

    _name = "account.dunning.export"
    _description = "Spreadsheet"

    kind = fields.Selection(
        selection=[
            ("debtors", "Debtors"),
            ("aging", "Aging"),
            ("run", "Dunning Run"),
            ("promises", "Agreements"),
        ],
        required=True,
    )
    res_ids = fields.Json(help="The records to export; empty for all.")
    date = fields.Date(
        required=True, default=lambda self: self.env.company._dunning_today()
    )
    company_ids = fields.Many2many(
        comodel_name="res.company",
        relation="account_dunning_export_company_rel",
        required=True,
        default=lambda self: self.env.companies,
    )

    # === ACTION METHODS === #

    @api.model
    def action_export(self, model, ids):
        """Download records of a list as a spreadsheet.

        :param str model: of debtors, runs or agreements.
        :param list ids: which of them.
        :raise UserError: there is no spreadsheet of this model.
        """
        if model not in KINDS:
            raise UserError(self.env._("There is no spreadsheet of these records."))
        records = self.env[model].browse(ids)
        records.check_access("read")
        return self._open(KINDS[model], records)

    # === BUSINESS METHODS === #

    @api.model
    def _open(self, kind, records=None, date=None):
        """Return the action that downloads a spreadsheet.

        :param records: what to export; None for all.
        :param date date: the day of the report; today if None.
        """
        values = {"kind": kind, "res_ids": records.ids if records else False}
        if date:
            values["date"] = date
        export = self.create(values)
        return {
            "type": "ir.actions.act_url",
            "url": f"/dunning/xlsx/{export.id}",
            "target": "download",
        }

    def _write_xlsx(self, file):
        """Write the spreadsheet into a file, as the user and for the companies.

        :raise AccessError: a company is none of the user's any more.
        :raise UserError: it has more rows than a sheet holds.
        """
        self.ensure_one()
        self.check_access("read")
        # a plain read would leave out what the user may not see, without a word
        companies = self.sudo().company_ids.sudo(False)
        companies.check_access("read")
        scoped = self.with_context(allowed_company_ids=companies.ids)
        try:
            return xlsx.write(file, scoped._get_sheets(), self.env._("Total"))
        except ValueError as error:
            raise UserError(
                self.env._(
                    "This is more than a sheet holds (%(error)s). Export a part of it.",
                    error=error,
                )
            ) from error

    def _get_filename(self):
        self.ensure_one()
        name = re.sub(r"[^\w .-]", "", self._get_title()).strip()
        return f"{name} {self.date}.xlsx"

    def _get_title(self):
        return dict(self._fields["kind"]._description_selection(self.env))[self.kind]

    def _get_heading(self):
        """Return the lines above each table: what it is, whose, and of which day."""
        return (
            self._get_title(),
            ", ".join(self.env.companies.mapped("name")),
            self.env._("As of %(date)s", date=format_date(self.env, self.date)),
        )

    def _get_sheets(self):
        """Yield the sheets of the spreadsheet."""
        self.ensure_one()
        return getattr(self, f"_get_{self.kind}_sheets")()

    def _prepare_sheet(self, name, columns, rows, heading=None):
        return Sheet(name, columns, rows, heading or self._get_heading())

    # === BUSINESS METHODS - READING === #

    def _get_records(self, model, domain=()):
        """Return the records to export: those asked for, or all that may be seen."""
        domain = [*domain, ("company_id", "in", self.env.companies.ids)]
        if self.res_ids:
            domain.append(("id", "in", self.res_ids))
        return self.env[model].search(domain)

    @api.model
    def _iterate(self, records):
        """Yield records, some at a time in memory."""
        for ids in split_every(ROWS_AT_ONCE, records.ids, list):
            yield from records.browse(ids)
            self.env.invalidate_all()

    @api.model
    def _fetch(self, query):
        """Yield the rows of a query, some at a time in memory."""
        cr = self.env.cr
        cr.execute(SQL("DECLARE %s NO SCROLL CURSOR FOR %s", CURSOR, query))
        while True:
            cr.execute(SQL("FETCH %s FROM %s", ROWS_AT_ONCE, CURSOR))
            rows = cr.fetchall()
            yield from rows
            if len(rows) < ROWS_AT_ONCE:
                break
        cr.execute(SQL("CLOSE %s", CURSOR))

    @api.model
    def _get_money(self, label, currencies, total=True):
        """Return a column of amounts; added up where they are in one currency."""
        return Column(
            label,
            "money",
            total=total and len(currencies) <= 1,
            decimals=max(currencies.mapped("decimal_places"), default=2),
        )

    @api.model
    def _get_labels(self, model, name):
        return dict(self.env[model]._fields[name]._description_selection(self.env))

    # === BUSINESS METHODS - KINDS === #

    def _get_debtors_sheets(self):
        debtors = self._get_records("account.dunning.debtor")
        currencies = debtors.company_id.currency_id
        stages = self._get_labels("account.dunning.debtor", "stage")
        columns = [
            Column(self.env._("Customer"), width=36),
            Column(self.env._("Country"), width=16),
            Column(self.env._("Collector")),
            Column(self.env._("Why"), width=48),
            Column(self.env._("Priority"), "money", width=11),
            Column(self.env._("Stage"), width=16),
            self._get_money(self.env._("Overdue"), currencies),
            self._get_money(self.env._("Open"), currencies),
            Column(self.env._("Currency"), width=10),
            Column(self.env._("Oldest Due Date"), "date", width=16),
            Column(self.env._("Level"), width=20),
            Column(self.env._("Last Notice"), "date"),
            Column(self.env._("Next Action"), "date"),
            Column(self.env._("What Next"), width=36),
            Column(self.env._("Company")),
        ]
        rows = (
            (
                debtor.partner_id.display_name,
                debtor.partner_id.country_id.name,
                debtor.user_id.name,
                debtor.priority_text,
                debtor.priority,
                stages.get(debtor.stage),
                debtor.amount_overdue,
                debtor.amount_open,
                debtor.currency_id.name,
                debtor.date_oldest_due,
                debtor.level_id.name,
                debtor.dunning_date,
                debtor.next_action_date,
                debtor.next_step_text,
                debtor.company_id.name,
            )
            for debtor in self._iterate(debtors)
        )
        yield self._prepare_sheet(self.env._("Debtors"), columns, rows)

    def _get_promises_sheets(self):
        domain = [("state", "!=", "draft")]
        promises = self._get_records("account.dunning.promise", domain)
        currencies = promises.currency_id
        kinds = self._get_labels("account.dunning.promise", "kind")
        states = self._get_labels("account.dunning.promise.line", "state")
        columns = [
            Column(self.env._("Customer"), width=36),
            Column(self.env._("Kind"), width=16),
            Column(self.env._("Made On"), "date"),
            Column(self.env._("Taken By")),
            Column(self.env._("Due Date"), "date"),
            self._get_money(self.env._("Amount"), currencies),
            self._get_money(self.env._("Paid"), currencies),
            Column(self.env._("Currency"), width=10),
            Column(self.env._("State"), width=14),
            Column(self.env._("Company")),
        ]
        rows = (
            (
                promise.partner_id.display_name,
                kinds.get(promise.kind),
                promise.date,
                promise.user_id.name,
                line.date,
                line.amount,
                line.amount_paid,
                promise.currency_id.name,
                states.get(line.state),
                promise.company_id.name,
            )
            for promise in self._iterate(promises)
            for line in promise.line_ids.sorted("date")
        )
        yield self._prepare_sheet(self.env._("Agreements"), columns, rows)
