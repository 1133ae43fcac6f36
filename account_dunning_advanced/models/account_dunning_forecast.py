from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, split_every

from ..engine import forecast as engine
from .account_dunning_guard import is_dunning_manager

# Fewer settled invoices say nothing.
MIN_SETTLED = 30
WEEKS = 12
# The back-test: forecasts as of so many past days, four weeks apart and long.
TRIALS = 6
TRIAL_WEEKS = 4
ITEMS_AT_ONCE = 5000
# The error of expecting nothing at all: a forecast that misses by more is none.
NAIVE_WAPE = 1


class AccountDunningForecast(models.Model):
    """What is expected to come in, week by week, and how good such forecasts were.

    Of what is open on the day: sales to come are not in it. The method stands in
    ``engine.forecast``; the back-test makes the same forecast as of past days, with
    what was known then, and compares it with what came.
    """

    _name = "account.dunning.forecast"
    _description = "Forecast of Receipts"
    _inherit = ["account.dunning.snapshot"]
    _order = "date desc, id desc"
    _rec_name = "date"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="As of",
        required=True,
        readonly=True,
        help="What the ledger said on this day.",
    )
    settled_count = fields.Integer(
        string="Invoices Learnt From",
        readonly=True,
        aggregator=None,
        help="Paid invoices of the last two years.",
    )
    is_reliable = fields.Boolean(
        string="Enough History",
        readonly=True,
        help="Whether enough was paid so far to say when the rest will be.",
    )
    amount_open = fields.Monetary(
        string="Open", readonly=True, help="What is open, less credits."
    )
    amount_expected = fields.Monetary(
        string="Expected in 12 Weeks", readonly=True, help="The sum of the weeks."
    )
    coverage = fields.Float(
        readonly=True,
        aggregator="avg",
        help="How often what came lay between the 10th and the 90th percentile, in the"
        " back-test. 80 % if the bands are right; less: they are too narrow.",
    )
    wape = fields.Float(
        string="Error (WAPE)",
        readonly=True,
        aggregator="avg",
        help="By how much weeks of the back-test missed, in per cent of what came.",
    )
    note = fields.Char(compute="_compute_note")
    week_ids = fields.One2many(
        comodel_name="account.dunning.forecast.week",
        inverse_name="forecast_id",
        domain=[("kind", "=", "forecast")],
        readonly=True,
        string="Weeks",
    )
    trial_ids = fields.One2many(
        comodel_name="account.dunning.forecast.week",
        inverse_name="forecast_id",
        domain=[("kind", "=", "trial")],
        readonly=True,
        string="Back-test",
    )

    _company_day_uniq = models.Constraint(
        "UNIQUE (company_id, date)", "There is one forecast a day."
    )

    # === COMPUTE METHODS === #

    @api.depends("date", "company_id")
    def _compute_display_name(self):
        for forecast in self:
            forecast.display_name = self.env._(
                "Forecast of %(date)s", date=format_date(self.env, forecast.date)
            )

    @api.depends("is_reliable", "settled_count", "trial_ids", "wape")
    def _compute_note(self):
        for forecast in self:
            if not forecast.is_reliable:
                forecast.note = self.env._(
                    "Too little history: %(count)s paid invoices, at least %(least)s"
                    " are needed.",
                    count=forecast.settled_count,
                    least=MIN_SETTLED,
                )
            elif not forecast.trial_ids:
                forecast.note = self.env._(
                    "There is no past day with enough history before it to try the"
                    " forecast on."
                )
            elif forecast.wape > NAIVE_WAPE:
                forecast.note = self.env._(
                    "Not to be planned with yet: in %(weeks)s past weeks such forecasts"
                    " missed by more than all that came in.",
                    weeks=len(forecast.trial_ids),
                )
            else:
                forecast.note = self.env._(
                    "In %(weeks)s past weeks, %(coverage)s %% of what came lay within"
                    " the band (80 %% would be right); weeks missed by %(wape)s %% on"
                    " average.",
                    weeks=len(forecast.trial_ids),
                    coverage=round(100 * forecast.coverage),
                    wape=round(100 * forecast.wape),
                )

    # === ACTION METHODS === #

    def action_compute(self):
        """Make today's forecast for the user's companies, whatever is chosen.

        :raise AccessError: the user is no dunning manager.
        """
        if not is_dunning_manager(self.env):
            raise AccessError(self.env._("Only a dunning manager makes forecasts."))
        for company in self.env.companies:
            self._make(company, company._dunning_today())

    def action_view_graph(self):
        """Open the weeks with their bands as a graph."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_forecast_series_action"
        )
        action["domain"] = [("forecast_id", "=", self.id)]
        return action

    def action_view_items(self):
        """Open the items with the days on which they are expected to be paid."""
        self.ensure_one()
        action = self.env["ir.actions.actions"]._for_xml_id(
            "account_dunning_advanced.account_dunning_forecast_item_action"
        )
        action["domain"] = [("forecast_id", "=", self.id)]
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _make(self, company, day):
        """Make the forecast of a day anew, and keep it.

        Who may have it made is looked at before: forecasts are nobody's to write.

        :return: the record.
        """
        reading = self.env["account.dunning.forecast.reading"].sudo()
        self.sudo().search(
            [("company_id", "=", company.id), ("date", "=", day)]
        ).unlink()
        restricted = self.env["account.dunning.debtor"]._get_restricted_ids(company)
        curves, base, settled = self._learn(reading, company, day, restricted)
        forecast_sudo = self.sudo().create(
            {"company_id": company.id, "date": day, "settled_count": settled}
        )
        if settled >= MIN_SETTLED:
            rows = reading._read_items(company, day)
            forecast_sudo._keep_weeks(reading, rows, curves, base)
            forecast_sudo._keep_items(rows, curves, base, restricted)
            forecast_sudo._try_out(reading, restricted)
        return forecast_sudo.sudo(self.env.su)

    @api.model
    def _learn(self, reading, company, day, restricted):
        """Return ({customer: curve}, everybody's curve, number of paid invoices).

        :param set restricted: ids of customers from whom nothing is learnt.
        """
        history = {
            customer: seen
            for customer, seen in reading._read_history(company, day).items()
            if customer not in restricted
        }
        everybody = {}
        for seen in history.values():
            for days, (paid, lost) in seen.items():
                paid_before, lost_before = everybody.get(days, (0, 0))
                everybody[days] = (paid_before + paid, lost_before + lost)
        base = engine.estimate(everybody)
        settled = {
            customer: sum(paid for paid, _lost in seen.values())
            for customer, seen in history.items()
        }
        curves = {
            customer: engine.blend(engine.estimate(seen), settled[customer], base)
            for customer, seen in history.items()
            if settled[customer]
        }
        return curves, engine.blend(base, 0, base), sum(settled.values())

    @api.model
    def _to_items(self, rows, day):
        return [
            engine.Item(row["partner_id"], row["amount"], (day - row["date_due"]).days)
            for row in rows
        ]

    def _keep_weeks(self, reading, rows, curves, base):
        self.ensure_one()
        weeks = engine.get_weeks(
            self._to_items(rows, self.date),
            curves,
            base,
            WEEKS,
            reading._read_agreed(self.company_id, self.date),
            reading._read_kept_share(self.company_id, self.date),
        )
        self.env["account.dunning.forecast.week"].create(
            [
                self._prepare_week("forecast", self.date, number, week)
                for number, week in enumerate(weeks)
            ]
        )
        self.write(
            {
                "is_reliable": True,
                "amount_open": sum(row["amount"] for row in rows),
                "amount_expected": sum(week.expected for week in weeks),
            }
        )

    def _prepare_week(self, kind, day, number, week, actual=0.0):
        return {
            "forecast_id": self.id,
            "kind": kind,
            "date": day + timedelta(days=1 + 7 * number),
            "amount_expected": week.expected,
            "amount_low": week.low,
            "amount_high": week.high,
            "amount_promised": week.promised,
            "amount_actual": actual,
        }

    def _keep_items(self, rows, curves, base, restricted):
        """Keep when each item is expected; of earlier forecasts no longer.

        Of whom data protection restricts, money is in the sums and nothing is foretold.

        :param set restricted: ids of these customers.
        """
        self.ensure_one()
        Item = self.env["account.dunning.forecast.item"]
        Item.search([("company_id", "=", self.company_id.id)]).unlink()
        owed = [
            row
            for row in rows
            if row["amount"] > 0 and row["partner_id"] not in restricted
        ]
        for some in split_every(ITEMS_AT_ONCE, owed, list):
            Item.create([self._prepare_item(row, curves, base) for row in some])

    def _prepare_item(self, row, curves, base):
        days = engine.get_payment_days(
            curves.get(row["partner_id"], base), (self.date - row["date_due"]).days
        )
        dates = [
            day is not None and row["date_due"] + timedelta(days=day) for day in days
        ]
        return {
            "forecast_id": self.id,
            "move_line_id": row["id"],
            "partner_id": row["partner_id"],
            "date_due": row["date_due"],
            "amount": row["amount"],
            "date_early": dates[0],
            "date_expected": dates[1],
            "date_late": dates[2],
        }

    def _try_out(self, reading, restricted):
        """Make the forecast as of past days, and hold it against what came."""
        self.ensure_one()
        trials = []
        for number in range(TRIALS, 0, -1):
            day = self.date - relativedelta(weeks=number * TRIAL_WEEKS)
            curves, base, settled = self._learn(
                reading, self.company_id, day, restricted
            )
            if settled < MIN_SETTLED:
                continue
            weeks = engine.get_weeks(
                self._to_items(reading._read_items(self.company_id, day), day),
                curves,
                base,
                TRIAL_WEEKS,
            )
            actuals = reading._read_receipts(self.company_id, day, TRIAL_WEEKS)
            trials += [
                (day, number, week, actual)
                for number, (week, actual) in enumerate(
                    zip(weeks, actuals, strict=True)
                )
            ]
        self.env["account.dunning.forecast.week"].create(
            [
                self._prepare_week("trial", day, number, week, actual)
                for day, number, week, actual in trials
            ]
        )
        pairs = [(week, actual) for _day, _number, week, actual in trials]
        self.write(
            {
                "coverage": engine.get_coverage(pairs) or 0,
                "wape": engine.get_wape(pairs) or 0,
            }
        )

    # === CRON METHODS === #

    @api.model
    def _cron_make(self):
        """Make the forecast of every company, company by company."""
        companies = self.env["res.company"].search([("dunning_policy_id", "!=", False)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._make(company, company._dunning_today())
            if not self.env["ir.cron"]._commit_progress(1):
                break
