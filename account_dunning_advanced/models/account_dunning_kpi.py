from babel.dates import format_skeleton
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, babel_locale_parse, date_utils, get_lang

from ..engine import kpi as engine
from .account_dunning_guard import is_dunning_manager

# The period of the plain DSO, and how far back counting back looks.
DSO_MONTHS = 3
COUNTBACK_MONTHS = 36
# Months looked at anew: what comes after a notice comes up to some days later.
MONTHS_OPEN = 3


class AccountDunningKpi(models.Model):
    """How a company collected in a month, as of the last day of it.

    Kept by a job, and anew on demand; the month that is running is as of today. What
    the figures mean stands in their help, how they are computed in ``engine.kpi``.
    """

    _name = "account.dunning.kpi"
    _description = "Collection Figures"
    _order = "date desc, company_id, id"
    _rec_name = "date"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Month",
        required=True,
        readonly=True,
        help="The last day of the month.",
    )
    date_as_of = fields.Date(
        string="As of",
        readonly=True,
        help="The day the figures are of: before the end of a month that is running.",
    )
    line_ids = fields.One2many(
        comodel_name="account.dunning.kpi.line", inverse_name="kpi_id", readonly=True
    )
    collector_line_ids = fields.One2many(
        comodel_name="account.dunning.kpi.line",
        inverse_name="kpi_id",
        domain=[("kind", "=", "collector")],
        string="By Collector",
    )
    level_line_ids = fields.One2many(
        comodel_name="account.dunning.kpi.line",
        inverse_name="kpi_id",
        domain=[("kind", "=", "level")],
        string="By Level",
    )
    roll_line_ids = fields.One2many(
        comodel_name="account.dunning.kpi.line",
        inverse_name="kpi_id",
        domain=[("kind", "=", "roll")],
        string="By Age",
    )

    # --- receivables
    amount_open = fields.Monetary(
        string="Receivables",
        readonly=True,
        aggregator=None,
        help="The balance of the receivable accounts at the end of the month: what is"
        " owed less open credits.",
    )
    amount_overdue = fields.Monetary(
        string="Overdue",
        readonly=True,
        aggregator=None,
        help="What was past its due date, before credits.",
    )
    overdue_ratio = fields.Float(
        readonly=True, aggregator="avg", help="Overdue / owed, before credits."
    )
    amount_sales = fields.Monetary(
        string="Credit Sales",
        readonly=True,
        help="Invoices less credit notes of the month, with tax, without charges.",
    )
    amount_collected = fields.Monetary(
        string="Cash In",
        readonly=True,
        help="What came into bank and cash journals on receivable accounts.",
    )
    # --- days
    dso = fields.Float(
        string="DSO",
        readonly=True,
        aggregator="avg",
        help="Days sales outstanding: receivables / credit sales of three months x"
        " days of these months.",
    )
    dso_countback = fields.Float(
        string="DSO (Count-back)",
        readonly=True,
        aggregator="avg",
        help="How many days of the newest sales the receivables make: month by month,"
        " newest first, a month's sales are taken off the receivables and its days are"
        " counted, until nothing is left.",
    )
    dso_best = fields.Float(
        string="Best Possible DSO",
        readonly=True,
        aggregator="avg",
        help="The DSO if nothing were overdue: receivables not due / credit sales of"
        " three months x days.",
    )
    days_delinquent = fields.Float(
        string="Average Days Delinquent",
        readonly=True,
        aggregator="avg",
        help="DSO less the best possible DSO.",
    )
    days_beyond_terms = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Days from due date to payment over twelve months, weighted by amounts;"
        " what was paid early counts below zero.",
    )
    # --- effectiveness
    cei = fields.Float(
        string="CEI",
        readonly=True,
        aggregator="avg",
        help="Collection effectiveness index: (receivables at the beginning + sales -"
        " receivables at the end) / (receivables at the beginning + sales - those not"
        " due at the end). 100 % if all that fell due was collected; 80 % and more is"
        " good.",
    )
    cure_rate = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Of what was overdue a month ago, how much has been settled since.",
    )
    # --- promises
    promise_count = fields.Integer(
        string="Promises Due",
        readonly=True,
        help="Instalments and promises whose day came in the month, and were judged.",
    )
    promise_kept_rate = fields.Float(
        string="Promises Kept",
        readonly=True,
        aggregator="avg",
        help="In full within the tolerance / promises due, by number.",
    )
    promise_kept_amount_rate = fields.Float(
        string="Promises Kept (Amount)",
        readonly=True,
        aggregator="avg",
        help="The same by amount.",
    )
    promise_partial_rate = fields.Float(
        string="Promises Partly Kept",
        readonly=True,
        aggregator="avg",
        help="Kept in part / promises due, by number; not among those kept.",
    )
    # --- disputes
    dispute_days = fields.Float(
        string="Days to Decide Disputes",
        readonly=True,
        aggregator="avg",
        help="Average days from dispute to decision, of those decided in the month.",
    )
    dispute_ratio = fields.Float(
        string="Disputed",
        readonly=True,
        aggregator="avg",
        help="What of the overdue amount was in open disputes at the end.",
    )
    # --- the work
    notice_count = fields.Integer(string="Notices", readonly=True)
    amount_after_notice = fields.Monetary(
        string="Cash after Notices (raw)",
        readonly=True,
        help="Cash on dunned items within 30 days after a notice, counted for the last"
        " one before it. Raw: money that would have come anyway is in it.",
    )
    false_dun_rate = fields.Float(
        string="False Duns",
        readonly=True,
        aggregator="avg",
        help="Notices in which an item was asked for although its payment is dated"
        " before the notice, booked or matched later / notices.",
    )
    cost_per_unit = fields.Float(
        string="Cost of Collection",
        readonly=True,
        aggregator="avg",
        help="Letters, messages, calls and visits at the costs in the settings / cash"
        " after notices.",
    )
    response_hours = fields.Float(
        string="Hours to Respond",
        readonly=True,
        aggregator="avg",
        help="Median time from a customer's reply until somebody has read it.",
    )

    _company_month_uniq = models.Constraint(
        "UNIQUE (company_id, date)", "A month has one set of figures."
    )

    # === COMPUTE METHODS === #

    @api.depends("date", "company_id")
    @api.depends_context("lang", "uid")
    def _compute_display_name(self):
        locale = babel_locale_parse(get_lang(self.env).code)
        many = self.env.user.has_group("base.group_multi_company")
        for kpi in self:
            # each language has an order of its own: 2026年11月, November 2026
            month = format_skeleton("yMMMM", kpi.date, locale=locale)
            name = f"{month}, {kpi.company_id.name}" if many else month
            kpi.display_name = name

    # === ACTION METHODS === #

    def action_compute(self):
        """Bring the last months of the user's companies up to date, whatever is chosen.

        :raise AccessError: the user is no dunning manager.
        """
        if not is_dunning_manager(self.env):
            raise AccessError(self.env._("Only a dunning manager computes figures."))
        for company in self.env.companies:
            self._refresh(company, company._dunning_today())

    # === BUSINESS METHODS === #

    @api.model
    def _refresh(self, company, today, months=MONTHS_OPEN):
        """Compute the running month and those before it anew."""
        for back in range(months):
            month = today - relativedelta(months=back)
            self._compute_month(company, month, min(today, self._get_end(month)))

    @api.model
    def _get_end(self, day):
        return date_utils.end_of(day, "month")

    @api.model
    def _compute_month(self, company, month, day):
        """Compute the figures of a month as of a day in it, and keep them.

        :param date month: any day of the month.
        :param date day: what came later does not count.
        :return: the record.
        """
        end = self._get_end(month)
        # figures are nobody's to write; who may have them made is looked at before
        kpi_sudo = self.sudo().search(
            [("company_id", "=", company.id), ("date", "=", end)]
        )
        if not kpi_sudo:
            kpi_sudo = kpi_sudo.create({"company_id": company.id, "date": end})
        figures, lines = self._get_figures(company, day)
        kpi_sudo._store({**figures, "date_as_of": day})
        kpi_sudo.line_ids.unlink()
        kpi_sudo.env["account.dunning.kpi.line"].create(
            [{**line, "kpi_id": kpi_sudo.id} for line in lines]
        )
        return kpi_sudo.sudo(self.env.su)

    def _store(self, figures):
        """Write figures; those that could not be measured become NULL.

        So that averages over months leave them out; the ORM would write zero.
        """
        self.ensure_one()
        self.write({name: value or 0 for name, value in figures.items()})
        empty = [name for name, value in figures.items() if value is None]
        if empty:
            self.flush_recordset()
            assignments = SQL(", ").join(
                SQL("%s = NULL", SQL.identifier(name)) for name in empty
            )
            self.env.cr.execute(
                SQL(
                    "UPDATE account_dunning_kpi SET %s WHERE id = %s",
                    assignments,
                    self.id,
                )
            )
            self.invalidate_recordset(empty)

    @api.model
    def _get_figures(self, company, day):
        """Return the figures of the month until a day, and their lines.

        For an addon to add a figure, it must override this method.
        """
        reading = self.env["account.dunning.kpi.reading"]
        start = date_utils.start_of(day, "month")
        before = start - relativedelta(days=1)
        opening, _owed, _overdue = reading._read_receivables(company, before)
        balance, owed, overdue = reading._read_receivables(company, day)
        # open credits are taken off what is not due: no figure is better than perfect
        current = max(balance - overdue, 0)
        # charges are owed like sales, and collected
        [(billed, _days)] = reading._read_sales(company, day, 1, charges=True)
        months = reading._read_sales(company, day, COUNTBACK_MONTHS)
        rolls = reading._read_rolls(company, before, day)
        answers = reading._read_answers(company, start, day)
        return (
            {
                **self._measure_days(reading, company, day, balance, current, months),
                "amount_open": balance,
                "amount_overdue": overdue,
                "overdue_ratio": engine.share(overdue, owed),
                "amount_sales": months[0][0],
                "amount_collected": reading._read_cash(company, start, day),
                "cei": engine.cei(opening, billed, balance, current),
                "cure_rate": self._measure_cure(rolls),
                **self._measure_promises(reading, company, start, day),
                **self._measure_disputes(reading, company, start, day, overdue),
                **self._measure_notices(reading, company, start, day, answers),
                "response_hours": engine.middle(
                    reading._read_response_hours(company, start, day)
                ),
            },
            self._prepare_lines(answers, rolls),
        )

    @api.model
    def _measure_days(self, reading, company, day, balance, current, months):
        recent = months[:DSO_MONTHS]
        sales = sum(amount for amount, _days in recent)
        days = sum(days for _amount, days in recent)
        actual = engine.dso(balance, sales, days)
        best = engine.dso(current, sales, days)
        return {
            "dso": actual,
            "dso_best": best,
            "dso_countback": engine.dso_countback(balance, months),
            "days_delinquent": engine.days_delinquent(actual, best),
            "days_beyond_terms": engine.weighted_days(
                reading._read_delays(company, day - relativedelta(years=1), day)
            ),
        }

    @api.model
    def _measure_cure(self, rolls):
        late = [roll for roll in rolls if roll["is_overdue"]]
        return engine.share(
            sum(roll["settled"] for roll in late), sum(roll["before"] for roll in late)
        )

    @api.model
    def _measure_promises(self, reading, company, start, day):
        judged = reading._read_promises(company, start, day)
        count = sum(number for number, _amount in judged.values())
        total = sum(amount for _number, amount in judged.values())
        kept_count, kept_amount = judged.get("kept", (0, 0))
        return {
            "promise_count": count,
            "promise_kept_rate": engine.share(kept_count, count),
            "promise_kept_amount_rate": engine.share(kept_amount, total),
            "promise_partial_rate": engine.share(
                judged.get("partial", (0, 0))[0], count
            ),
        }

    @api.model
    def _measure_disputes(self, reading, company, start, day, overdue):
        days = reading._read_dispute_days(company, start, day)
        disputed = reading._read_disputed(company, day)
        return {
            "dispute_days": sum(days) / len(days) if days else None,
            "dispute_ratio": engine.share(min(disputed, overdue), overdue),
        }

    @api.model
    def _measure_notices(self, reading, company, start, day, answers):
        count, false_count = reading._read_notices(company, start, day)
        cash = sum(answer["collected"] for answer in answers)
        return {
            "notice_count": count,
            "amount_after_notice": cash,
            "false_dun_rate": engine.share(false_count, count),
            "cost_per_unit": engine.cost_per_unit(
                reading._read_costs(company, start, day), cash
            ),
        }

    @api.model
    def _prepare_lines(self, answers, rolls):
        """Return the values of the lines: by level, by collector, by age group."""
        lines = []
        for kind, name in (("level", "level_id"), ("collector", "user_id")):
            sums = {}
            for answer in answers:
                base, amount = sums.get(answer[name], (0, 0))
                sums[answer[name]] = (
                    base + answer["dunned"],
                    amount + answer["collected"],
                )
            lines += [
                {
                    "kind": kind,
                    name: key,
                    "amount_base": base,
                    "amount": amount,
                    "rate": engine.share(amount, base) or 0,
                }
                for key, (base, amount) in sums.items()
            ]
        lines += [
            {
                "kind": "roll",
                "bucket_id": roll["bucket_id"],
                "amount_base": roll["before"],
                "amount": roll["rolled"],
                "rate": engine.roll_rate(roll["before"], roll["rolled"]) or 0,
            }
            for roll in rolls
        ]
        return lines

    # === CRON METHODS === #

    @api.model
    def _cron_compute(self):
        """Bring every company's last months up to date, company by company."""
        companies = self.env["res.company"].search([("dunning_policy_id", "!=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._refresh(company, company._dunning_today())
            if not self.env["ir.cron"]._commit_progress(1):
                break
