import csv
import io
import math
from collections import Counter
from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import bundle, remittance


class AccountLegalPlacement(models.Model):
    """A case in the hands of an agency or a lawyer: one at a time."""

    _name = "account.legal.placement"
    _description = "Placement"
    _inherit = ["mail.thread"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    partner_id = fields.Many2one(related="case_id.partner_id", store=True)
    agency_id = fields.Many2one(
        comodel_name="res.partner",
        string="Agency or Lawyer",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('legal_role', '!=', False)]",
        tracking=True,
    )
    date_from = fields.Date(
        string="Placed On",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
    )
    date_to = fields.Date(
        string="Until", tracking=True, help="Empty while it has the case."
    )
    commission_rate = fields.Float(
        string="Commission",
        aggregator="avg",
        compute="_compute_commission_rate",
        store=True,
        readonly=False,
        precompute=True,
        help="Percent of what is recovered; proposed by the agency's usual one.",
    )
    amount_recovered = fields.Monetary(
        string="Recovered",
        compute="_compute_amount_recovered",
        store=True,
        readonly=False,
        help="What was paid on the claim in its time, by the claim account.",
    )
    amount_commission = fields.Monetary(
        string="Commission Due", compute="_compute_amounts"
    )
    amount_reported = fields.Monetary(
        string="Reported",
        compute="_compute_amounts",
        help="What the agency says that it has collected.",
    )
    amount_to_remit = fields.Monetary(
        string="Not Remitted",
        compute="_compute_amounts",
        help="Reported as collected, and not yet received.",
    )
    amount_direct = fields.Monetary(
        string="Paid Directly",
        compute="_compute_amounts",
        help="Received without a report of the agency: it has to be told.",
    )
    amount_cost = fields.Monetary(string="Costs", compute="_compute_amounts")
    complaint_count = fields.Integer(
        string="Complaints", help="How often the debtor complained about the agency."
    )
    state = fields.Selection(
        selection=[("active", "Active"), ("ended", "Ended")],
        compute="_compute_state",
        search="_search_state",
    )
    line_ids = fields.One2many(
        comodel_name="account.legal.placement.line", inverse_name="placement_id"
    )
    note = fields.Text()

    _days_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "A placement cannot end before it begins.",
    )
    _commission_is_a_share = models.Constraint(
        "CHECK (commission_rate >= 0 AND commission_rate <= 100)",
        "The commission lies between 0 and 100 percent.",
    )

    # === COMPUTE METHODS === #

    @api.depends("case_id.name", "agency_id.name")
    def _compute_display_name(self):
        for placement in self:
            placement.display_name = self.env._(
                "%(case)s at %(agency)s",
                case=placement.case_id.name or "",
                agency=placement.agency_id.name or "",
            )

    @api.depends("agency_id")
    def _compute_commission_rate(self):
        for placement in self:
            placement.commission_rate = (
                placement.commission_rate or placement.agency_id.legal_commission_rate
            )

    @api.depends(
        "date_from",
        "date_to",
        "case_id.claim_ids.amount",
        "case_id.claim_ids.reversed_by_ids",
    )
    def _compute_amount_recovered(self):
        for placement in self:
            payments = placement._get_payments()
            placement.amount_recovered = sum(payments.mapped("amount"))

    @api.depends("amount_recovered", "commission_rate", "line_ids.amount")
    def _compute_amounts(self):
        for placement in self:
            reported = placement._sum_lines("collected")
            direct = sum(placement._get_direct_payments().mapped("amount"))
            currency = placement.currency_id or self.env.company.currency_id
            placement.amount_commission = currency.round(
                placement.amount_recovered * placement.commission_rate / 100
            )
            placement.amount_reported = reported
            placement.amount_direct = direct
            placement.amount_to_remit = max(
                reported - (placement.amount_recovered - direct), 0.0
            )
            placement.amount_cost = placement._sum_lines("cost")

    @api.depends("date_to")
    def _compute_state(self):
        for placement in self:
            today = (placement.company_id or self.env.company)._dunning_today()
            is_over = placement.date_to and placement.date_to < today
            placement.state = "ended" if is_over else "active"

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._dunning_today()
        domains = {
            "active": ["|", ("date_to", "=", False), ("date_to", ">=", today)],
            "ended": [("date_to", "<", today)],
        }
        chosen = [domains[state] for state in value if state in domains]
        return Domain.OR(chosen)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("case_id", "date_from", "date_to")
    def _check_one_at_a_time(self):
        for placement in self:
            # two clerks must not place one case at once
            placement.case_id.sudo().lock_for_update(allow_referencing=True)
            other = self.search(
                [
                    ("id", "!=", placement.id),
                    ("case_id", "=", placement.case_id.id),
                    ("date_from", "<=", placement.date_to or date.max),
                    "|",
                    ("date_to", "=", False),
                    ("date_to", ">=", placement.date_from),
                ],
                limit=1,
            )
            if other:
                raise ValidationError(
                    self.env._(
                        "Case %(case)s is at %(agency)s in that time. Recall it first.",
                        case=placement.case_id.display_name,
                        agency=other.agency_id.display_name,
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        placements = super().create(vals_list)
        for case in placements.case_id:
            case._check_state(["open"], self.env._("placed"))
        return placements

    @api.ondelete(at_uninstall=False)
    def _unlink_except_worked(self):
        for placement in self:
            if placement.line_ids or placement._get_payments():
                raise UserError(
                    self.env._(
                        "%(placement)s has had its results and is kept: recall it.",
                        placement=placement.display_name,
                    )
                )

    # === ACTION METHODS === #

    def action_recall(self):
        """End placements today: the agency has no mandate from tomorrow on."""
        for placement in self:
            placement.check_access("write")
            if placement.state == "ended":
                raise UserError(
                    self.env._(
                        "%(placement)s has ended.", placement=placement.display_name
                    )
                )
            today = placement.company_id._dunning_today()
            placement.date_to = max(today, placement.date_from)
            placement.case_id.message_post(
                body=self.env._(
                    "Recalled from %(agency)s.", agency=placement.agency_id.display_name
                )
            )

    def action_hand_over(self):
        """Make the archive that the agency gets, and keep it with the case."""
        self.ensure_one()
        self.check_access("write")
        case = self.case_id
        files = case._get_bundle_files() + self._get_hand_over_files()
        return case._keep_archive(bundle.pack(files), self.env._("hand-over"))

    # === BUSINESS METHODS === #

    def _sum_lines(self, kind):
        return sum(line.amount for line in self.line_ids if line.kind == kind)

    def _get_payments(self):
        """Return the payments on the claim that count, in the placement's time."""
        self.ensure_one()
        return self.case_id.claim_ids.filtered(
            lambda event: event.kind == "payment"
            and not event.reverses_id
            and not event.reversed_by_ids
            and self.date_from
            and event.date >= self.date_from
            and (not self.date_to or event.date <= self.date_to)
        )

    def _get_direct_payments(self):
        """Return the payments that the agency has not reported.

        One transfer may answer several reports in a row.
        """
        self.ensure_one()
        collected = self.line_ids.filtered(lambda line: line.kind == "collected")
        payments = self._get_payments().sorted(lambda event: (event.date, event.id))
        places = remittance.direct(
            payments.mapped("amount"),
            collected.sorted(lambda line: (line.date, line.id)).mapped("amount"),
        )
        return payments.browse(payments.ids[place] for place in places)

    def _get_placed_amount(self):
        """Return what was claimed on the day of the placement."""
        self.ensure_one()
        return self.case_id._get_balance(self.date_from)["total"]

    def _get_days(self):
        """Return how many days the agency has had the case."""
        self.ensure_one()
        last = self.date_to or self.company_id._dunning_today()
        return max((last - self.date_from).days, 0)

    def _get_hand_over_files(self):
        """Return what an agency gets beside the evidence."""
        self.ensure_one()
        case = self.case_id
        facts = self._get_facts()
        direct = [("date", "amount", "note")]
        direct += [
            (str(event.date), event.amount, event.note or "")
            for event in self._get_direct_payments()
        ]
        workbook = case._to_xlsx(
            {
                "Case": facts,
                "Items": case._get_item_table(),
                "Account": case._get_account_table(),
            }
        )
        return [
            bundle.File("case.xlsx", workbook, self.env._("Case, items, account")),
            bundle.File("case.csv", case._to_csv(facts), self.env._("Case")),
            bundle.File("items.csv", case._to_csv(case._get_item_table())),
            bundle.File("direct payments.csv", case._to_csv(direct)),
        ]

    def _get_facts(self):
        """Return what the agency has to know, as (name, value) rows."""
        case, debtor = self.case_id, self.case_id.partner_id
        balance = case.claim_balance(case.company_id._dunning_today())
        return [
            ("name", "value"),
            ("reference", case.name),
            ("creditor", case.company_id.name),
            ("debtor", debtor.name or ""),
            ("address", case._get_party_values("debtor", debtor)["debtor_address"]),
            ("tax number", debtor.vat or ""),
            ("phone", debtor.phone or ""),
            ("email", debtor.email or ""),
            ("currency", case.currency_id.name),
            *balance.items(),
            ("court", case.court or ""),
            ("file number", case.file_number or ""),
            ("time-barred after", str(case.limitation_date or "")),
            ("commission percent", self.commission_rate),
        ]

    def _import_report(self, content):
        """Read an agency's report: a CSV with date, amount, kind and reference.

        :param bytes content: the file; lines that were read before are passed over,
            those that a report holds twice are two.
        :return: the lines that are new.
        :raise UserError: a line cannot be read; nothing is taken then.
        """
        self.ensure_one()
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(self.env._("The report is not in UTF-8.")) from error
        first = text.splitlines()[0] if text else ""
        delimiter = ";" if first.count(";") > first.count(",") else ","
        rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
        known = Counter(line._get_key() for line in self.line_ids)
        vals_list = []
        for number, row in enumerate(rows, start=2):
            vals = self._read_row(number, row)
            key = (vals["date"], vals["amount"], vals["kind"], vals["reference"])
            if known[key]:
                known[key] -= 1
            else:
                vals_list.append(vals)
        return self.env["account.legal.placement.line"].create(vals_list)

    def _read_row(self, number, row):
        """Return the values of one line of a report."""
        kinds = dict(self.line_ids._fields["kind"].selection)
        kind = (row.get("kind") or "collected").strip().lower()
        try:
            if kind not in kinds:
                raise ValueError(kind)
            amount = float((row.get("amount") or "").strip())
            if not math.isfinite(amount) or self.currency_id.round(amount) <= 0:
                raise ValueError(amount)
            day = date.fromisoformat((row.get("date") or "").strip())
        except ValueError as error:
            raise UserError(
                self.env._(
                    "Line %(number)s of the report cannot be read: %(line)s. Needed are"
                    " date (YYYY-MM-DD), amount (1234.56), kind (%(kinds)s) and"
                    " reference.",
                    number=number,
                    line=" | ".join(str(cell) for cell in row.values()),
                    kinds=", ".join(kinds),
                )
            ) from error
        return {
            "placement_id": self.id,
            "date": day,
            "amount": amount,
            "kind": kind,
            "reference": (row.get("reference") or "").strip(),
        }
