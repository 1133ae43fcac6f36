from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

AMOUNTS = ("amount_principal", "amount_interest", "amount_costs")


class AccountLegalInsolvency(models.Model):
    """A claim that is filed in the insolvency of the debtor.

    From its opening on nobody sues or enforces alone: the steps that were left of the
    case are passed over, and those of the insolvency procedure follow. Its first step
    is the filing, with the deadline that the court has set. Amounts are in the case's
    currency, as of the day before the opening: later interest comes last or not at all.
    """

    _name = "account.legal.insolvency"
    _description = "Claim in Insolvency"
    _inherit = ["mail.thread"]
    _order = "date_opened desc, id desc"
    _check_company_auto = True

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="case_id.partner_id", store=True)
    currency_id = fields.Many2one(related="case_id.currency_id")
    procedure_id = fields.Many2one(
        comodel_name="account.legal.procedure",
        compute="_compute_procedure_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        domain="[('is_insolvency', '=', True)]",
        ondelete="restrict",
        help="Bankruptcy or rehabilitation; proposed by the debtor's country.",
    )
    finding_id = fields.Many2one(
        comodel_name="account.legal.finding",
        string="Known From",
        ondelete="set null",
        help="The entry of a register that told of it.",
    )
    court = fields.Char(help="The insolvency court.")
    file_number = fields.Char(tracking=True, help="The insolvency court's number.")
    administrator_id = fields.Many2one(
        comodel_name="res.partner",
        ondelete="restrict",
        help="Administrator or trustee, to whom the claim goes in many countries.",
    )
    date_opened = fields.Date(
        string="Opened On",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        tracking=True,
        help="The day of the opening, or of its publication where the time to file"
        " runs from that.",
    )
    date_deadline = fields.Date(
        string="File Until",
        compute="_compute_date_deadline",
        store=True,
        readonly=False,
        precompute=True,
        tracking=True,
        help="The last day to file the claim, by the court's order.",
    )
    step_id = fields.Many2one(
        comodel_name="account.legal.case.step",
        string="Filing",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        help="The step of the case that is the filing.",
    )
    date_filed = fields.Date(string="Filed On", related="step_id.date_start")
    hold_id = fields.Many2one(
        comodel_name="account.dunning.hold",
        string="Stop",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Stops the dunning of everything else that the debtor owes.",
    )
    amount_principal = fields.Monetary(string="Principal")
    amount_interest = fields.Monetary(string="Interest")
    amount_costs = fields.Monetary(string="Costs and Fees")
    amount_claimed = fields.Monetary(
        string="Claimed", compute="_compute_amount_claimed", store=True
    )
    amount_admitted = fields.Monetary(string="Admitted", tracking=True)
    amount_contested = fields.Monetary(string="Contested", tracking=True)
    amount_dividends = fields.Monetary(
        string="Dividends",
        compute="_compute_dividends",
        help="What the ledger has received on the items since the opening.",
    )
    dividend_rate = fields.Float(
        string="Quota",
        compute="_compute_dividends",
        help="Dividends as a share of what was admitted, else of what was claimed.",
    )

    _amounts_not_negative = models.Constraint(
        "CHECK (amount_principal >= 0 AND amount_interest >= 0 AND amount_costs >= 0"
        " AND amount_admitted >= 0 AND amount_contested >= 0)",
        "Amounts that are filed cannot be negative.",
    )
    _once_a_procedure = models.UniqueIndex(
        "(case_id, procedure_id)", "The claim has been filed in this procedure already."
    )

    # === COMPUTE METHODS === #

    @api.depends("case_id.name", "procedure_id.name")
    def _compute_display_name(self):
        for insolvency in self:
            insolvency.display_name = ": ".join(
                filter(None, [insolvency.case_id.name, insolvency.procedure_id.name])
            )

    @api.depends("case_id")
    def _compute_procedure_id(self):
        Procedure = self.env["account.legal.procedure"]
        for insolvency in self:
            case = insolvency.case_id
            company = case.company_id or self.env.company
            insolvency.procedure_id = insolvency.procedure_id or Procedure._find_for(
                case.partner_id, company, company._dunning_today(), True
            )

    @api.depends("date_opened", "procedure_id")
    def _compute_date_deadline(self):
        for insolvency in self:
            filing = insolvency.procedure_id.step_ids[:1]
            insolvency.date_deadline = (
                filing._get_deadline(insolvency.date_opened) if filing else False
            )

    @api.depends(*AMOUNTS)
    def _compute_amount_claimed(self):
        for insolvency in self:
            insolvency.amount_claimed = sum(insolvency[name] for name in AMOUNTS)

    @api.depends(
        "date_opened", "amount_admitted", "amount_claimed", "case_id.claim_ids"
    )
    def _compute_dividends(self):
        for insolvency in self:
            received = sum(insolvency._get_dividends().mapped("amount"))
            base = insolvency.amount_admitted or insolvency.amount_claimed
            insolvency.amount_dividends = received
            insolvency.dividend_rate = received / base if base else 0.0

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("procedure_id")
    def _check_procedure(self):
        for insolvency in self:
            procedure = insolvency.procedure_id
            if not procedure.is_insolvency or not procedure.step_ids:
                raise ValidationError(
                    self.env._(
                        "“%(procedure)s” is no insolvency procedure with steps.",
                        procedure=procedure.name,
                    )
                )

    @api.constrains("amount_admitted", "amount_contested", *AMOUNTS)
    def _check_amounts(self):
        for insolvency in self:
            decided = insolvency.amount_admitted + insolvency.amount_contested
            currency = insolvency.currency_id
            if currency.compare_amounts(decided, insolvency.amount_claimed) > 0:
                raise ValidationError(
                    self.env._(
                        "%(decided)s admitted and contested are more than the"
                        " %(claimed)s that were claimed.",
                        decided=currency.format(decided),
                        claimed=currency.format(insolvency.amount_claimed),
                    )
                )

    @api.constrains("date_opened", "date_deadline")
    def _check_dates(self):
        for insolvency in self:
            deadline = insolvency.date_deadline
            if deadline and deadline < insolvency.date_opened:
                raise ValidationError(
                    self.env._(
                        "The time to file cannot end on %(deadline)s, before the"
                        " opening.",
                        deadline=format_date(self.env, deadline),
                    )
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        filings = super().create(vals_list)
        for filing, vals in zip(filings, vals_list, strict=True):
            filing.case_id._start(["open"], self.env._("filed in insolvency"))
            filing._take_over_steps()
            filing._stop_dunning()
            if not any(vals.get(name) for name in AMOUNTS):
                filing._take_amounts()
        return filings

    def write(self, vals):
        if {"case_id", "procedure_id"} & vals.keys():
            self._check_way(vals)
        result = super().write(vals)
        if "date_deadline" in vals:
            self.case_id._schedule_current_step()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        for filing in self:
            raise UserError(
                self.env._(
                    "%(filing)s is part of the case and is kept.",
                    filing=filing.display_name,
                )
            )

    # === ACTION METHODS === #

    def action_take_amounts(self):
        """Take the amounts from the claim account, with interest until the opening.

        :raise UserError: the claim has been filed: what was filed is kept.
        """
        for filing in self:
            filing.check_access("write")
            if filing.date_filed:
                raise UserError(
                    self.env._(
                        "%(filing)s was filed on %(date)s. Enter what was changed in"
                        " the filing by hand.",
                        filing=filing.display_name,
                        date=format_date(self.env, filing.date_filed),
                    )
                )
            filing._take_amounts()

    # === BUSINESS METHODS === #

    def _check_way(self, vals):
        """:raise UserError: the steps in the case would be of another procedure."""
        for filing in self:
            for name in ("case_id", "procedure_id"):
                if vals.get(name, filing[name].id) != filing[name].id:
                    raise UserError(
                        self.env._(
                            "%(filing)s has begun. File the claim anew where it belongs"
                            " in another insolvency.",
                            filing=filing.display_name,
                        )
                    )

    def _take_amounts(self):
        self.ensure_one()
        case = self.case_id
        # on the day of the opening it is too late for interest
        day = self.date_opened - timedelta(days=1)
        if case.interest_id and case.state == "open":
            case._charge_interest(day)
        balance = case._get_balance(day)
        self.write(
            {
                "amount_principal": max(balance["principal"], 0.0),
                "amount_interest": max(balance["interest"], 0.0),
                "amount_costs": max(balance["cost"] + balance["fee"], 0.0),
            }
        )

    def _take_over_steps(self):
        """Pass over the steps that are left; those of the insolvency follow."""
        self.ensure_one()
        case = self.case_id
        case.step_ids.filtered(lambda step: step.state == "todo")._unguarded().write(
            {
                "state": "skipped",
                "note": self.env._("Stayed by “%(way)s”", way=self.procedure_id.name),
            }
        )
        last = max(case.step_ids.mapped("sequence"), default=0)
        steps = self.env["account.legal.case.step"].create(
            [
                {
                    **case._prepare_step(step),
                    "case_id": case.id,
                    "sequence": last + 10 * number,
                }
                for number, step in enumerate(self.procedure_id.step_ids, start=1)
            ]
        )
        self.step_id = steps[0]
        case._schedule_current_step()

    def _stop_dunning(self):
        """Put the debtor on hold: nothing else may be asked for either."""
        self.ensure_one()
        self.hold_id = self.env["account.dunning.hold"].create(
            {
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "stop": "insolvency",
                "reason": self.display_name,
                "user_id": self.case_id.user_id.id or self.env.uid,
            }
        )

    def _get_dividends(self):
        """Return the payments that count, since the opening."""
        self.ensure_one()
        return self.case_id.claim_ids.filtered(
            lambda event: event.kind == "payment"
            and not event.reverses_id
            and not event.reversed_by_ids
            and self.date_opened
            and event.date >= self.date_opened
        )
