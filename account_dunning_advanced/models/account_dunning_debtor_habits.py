from collections import Counter

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from .account_dunning_debtor_behaviour import BEHAVIOUR_MONTHS

# The trend compares so many months with the whole time.
TREND_MONTHS = 3
# A difference of fewer days is no trend.
TREND_DAYS = 3
# With fewer attempts the contact log says nothing about when and how.
HABIT_CASES = 3
# An answer within so many days is an answer to the message.
ANSWER_DAYS = 3


class AccountDunningDebtorHabits(models.Model):
    """Whether a debtor pays better or worse, keeps its word, and when it is reached."""

    # a room of its own: nothing here is stored
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    trend_text = fields.Char(
        string="Trend",
        compute="_compute_trend_text",
        help="Days late of the last three months against twelve months.",
    )
    kept_promise_text = fields.Char(
        string="Kept Promises", compute="_compute_kept_promise_text"
    )
    best_contact_text = fields.Char(
        string="Best Reached",
        compute="_compute_best_contact_text",
        help="By the contact log of twelve months: the channel and weekday on which"
        " somebody was reached, or answered within three days.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "lang")
    def _compute_trend_text(self):
        recent = {}
        for company, debtors in self.grouped("company_id").items():
            rows = self._get_behaviour(
                company,
                debtors.partner_id.ids,
                company._dunning_today(),
                months=TREND_MONTHS,
            )
            recent.update({(company.id, row["partner_id"]): row for row in rows})
        for debtor in self:
            row = recent.get((debtor.company_id.id, debtor.partner_id.id), {})
            debtor.trend_text = debtor._describe_trend(row.get("days_late"))

    def _compute_kept_promise_text(self):
        counts = {}
        for partner, company, state, count in self.env[
            "account.dunning.promise"
        ]._read_group(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("company_id", "in", self.company_id.ids),
                ("state", "in", ("kept", "partial", "broken")),
            ],
            ["partner_id", "company_id", "state"],
            ["__count"],
        ):
            counts.setdefault((partner, company), Counter())[state] = count
        for debtor in self:
            known = counts.get((debtor.partner_id, debtor.company_id), Counter())
            debtor.kept_promise_text = bool(known) and self.env._(
                "%(kept)s of %(all)s (%(share)s %%)",
                kept=known["kept"],
                all=known.total(),
                share=round(100 * known["kept"] / known.total()),
            )

    @api.depends_context("lang", "tz")
    def _compute_best_contact_text(self):
        for debtor in self:
            debtor.best_contact_text = debtor._describe_best_contact()

    # === BUSINESS METHODS === #

    def _describe_trend(self, recent):
        """Say whether the customer pays later or earlier than it used to.

        :param recent: amount-weighted days late of the last months; None where
            nothing fell due.
        """
        self.ensure_one()
        if recent is None:
            return False
        usual = self.average_days_late
        values = {"recent": round(recent), "usual": round(usual)}
        if recent > usual + TREND_DAYS:
            return self.env._(
                "Worse: %(recent)s days late lately, %(usual)s over the year.", **values
            )
        if recent < usual - TREND_DAYS:
            return self.env._(
                "Better: %(recent)s days late lately, %(usual)s over the year.",
                **values,
            )
        return self.env._("Steady: %(recent)s days late lately.", **values)

    def _describe_best_contact(self):
        """Name the channel and weekday with the best share of successes."""
        self.ensure_one()
        contacts = self._get_past_contacts()
        incoming = [contact.date for contact in contacts if contact.direction == "in"]
        tried, reached = Counter(), Counter()
        for contact in contacts:
            if contact.direction == "in":
                continue
            moment = fields.Datetime.context_timestamp(
                self.with_context(tz=self.company_id._get_dunning_tz()), contact.date
            )
            keys = [(contact.channel, None), (contact.channel, moment.weekday())]
            tried.update(keys)
            if contact._is_conversation() or any(
                contact.date < answer <= contact.date + relativedelta(days=ANSWER_DAYS)
                for answer in incoming
            ):
                reached.update(keys)
        return self._name_best(tried, reached)

    def _get_past_contacts(self):
        today = self.company_id._dunning_today()
        return self.env["account.dunning.contact"].search_fetch(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("date", ">=", today - relativedelta(months=BEHAVIOUR_MONTHS)),
            ],
            ["date", "channel", "direction", "outcome"],
        )

    def _name_best(self, tried, reached):
        """Return the best of (channel, weekday or None) as words.

        The weekday is named where there are cases enough and it is better than the
        channel as a whole.
        """

        def share(key):
            return reached[key] / tried[key]

        known = [key for key, cases in tried.items() if cases >= HABIT_CASES]
        known = [key for key in known if reached[key]]
        if not known:
            return False
        channel, day = max(
            known, key=lambda key: (share(key), key[1] is None, tried[key])
        )
        key = (channel, day)
        channels = dict(
            self.env["account.dunning.contact"]
            ._fields["channel"]
            ._description_selection(self.env)
        )
        values = {
            "channel": channels[channel],
            "reached": reached[key],
            "tried": tried[key],
        }
        if day is None:
            return self.env._("%(channel)s (%(reached)s of %(tried)s)", **values)
        return self.env._(
            "%(channel)s on %(day)s (%(reached)s of %(tried)s)",
            **values,
            day=self._get_weekday_name(day),
        )

    @api.model
    def _get_weekday_name(self, day):
        return [
            self.env._("Mondays"),
            self.env._("Tuesdays"),
            self.env._("Wednesdays"),
            self.env._("Thursdays"),
            self.env._("Fridays"),
            self.env._("Saturdays"),
            self.env._("Sundays"),
        ][day]
