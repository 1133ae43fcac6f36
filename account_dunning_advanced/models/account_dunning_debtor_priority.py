from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import SQL, format_amount

from ..engine import priority as engine
from ..engine.rounding import to_decimal

# How many parts the short text names.
PARTS_SHOWN = 3


class AccountDunningDebtorPriority(models.Model):
    """Where a debtor stands in the worklist, and why, in words and in points."""

    # a room of its own: the ranking
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    priority = fields.Float(
        digits=(16, 2),
        readonly=True,
        aggregator="max",
        help="What the worklist is ranked by: the points of the priority rules.",
    )
    priority_text = fields.Char(
        string="Why",
        compute="_compute_priority_text",
        help="What weighs most in the priority.",
    )
    priority_breakdown = fields.Html(
        string="Points", compute="_compute_priority_breakdown", sanitize=False
    )

    # the worklist as it opens, of everybody and of one collector
    _worklist_idx = models.Index(
        "(company_id, priority DESC, id) WHERE amount_overdue > 0"
    )
    _worklist_user_idx = models.Index(
        "(user_id, priority DESC, id) WHERE amount_overdue > 0"
    )
    # of several companies: no index that begins with the company is in that order
    _priority_idx = models.Index("(priority DESC, id)")

    # === COMPUTE METHODS === #

    @api.depends("priority", "date_figures")
    @api.depends_context("lang")
    def _compute_priority_text(self):
        for debtor in self:
            debtor.priority_text = " · ".join(
                debtor._describe_part(part)
                for part in debtor._get_priority_parts()[:PARTS_SHOWN]
            )

    # apart from the text, which lists show
    @api.depends("priority", "date_figures")
    @api.depends_context("lang")
    def _compute_priority_breakdown(self):
        for debtor in self:
            debtor.priority_breakdown = debtor._get_breakdown(
                debtor._get_priority_parts()
            )

    # === BUSINESS METHODS === #

    def _get_priority_parts(self):
        """Return what each rule adds to the priority, the weightiest first."""
        self.ensure_one()
        rules = self.env["account.dunning.priority.rule"]._get_rules(self.company_id)
        return engine.explain(rules, self._get_measure_values())

    def _get_breakdown(self, parts):
        """Return the parts of the priority as a table, with their sum."""
        self.ensure_one()
        row = Markup('<tr><td>%s</td><td class="text-end ps-4">%s</td></tr>')
        rows = [row % (self._describe_part(part), part.points) for part in parts]
        rows.append(
            Markup('<tr class="fw-bold border-top">%s</tr>')
            % Markup('<td>%s</td><td class="text-end ps-4">%s</td>')
            % (self.env._("Priority"), sum(part.points for part in parts))
        )
        return Markup("<table>%s</table>") % Markup("").join(rows)

    def _describe_part(self, part):
        """Return a part of the priority in a few words, in the reader's language.

        For an addon to bring a measure, it must override this method.
        """
        self.ensure_one()
        measure, number = part.rule.measure, int(part.value)
        if measure in ("overdue", "disputed", "promised"):
            amount = format_amount(
                self.env,
                float(part.value),
                self.currency_id,
                trailing_zeroes=bool(part.value % 1),
            )
            return {
                "overdue": self.env._("%s overdue", amount),
                "disputed": self.env._("%s disputed", amount),
                "promised": self.env._("%s promised", amount),
            }[measure]
        if measure == "silence" and not self.last_contact_date:
            return self.env._("never contacted")
        if measure == "level":
            return self.level_id.display_name or self.env._("on the ladder")
        if number == 1:
            texts = {
                "broken": self.env._("1 broken promise"),
                "silence": self.env._("1 day without contact"),
                "age": self.env._("oldest item 1 day overdue"),
                "replies": self.env._("1 unread reply"),
            }
        else:
            texts = {
                "broken": self.env._("%s broken promises", number),
                "silence": self.env._("%s days without contact", number),
                "age": self.env._("oldest item %s days overdue", number),
                "replies": self.env._("%s unread replies", number),
            }
        texts["due_contact"] = self.env._("contact due")
        texts["stopped"] = self.env._("do not collect")
        return texts[measure]

    def _get_measure_values(self):
        """Return what the rules measure of a debtor, from its stored figures.

        The twin of :meth:`_get_measures`; days count until the day of the figures, so
        that the parts add up to the stored priority whenever they are looked at.
        """
        self.ensure_one()
        day = self.date_figures
        # what credits cover is not asked for
        overdue = to_decimal(self.amount_overdue) - to_decimal(self.amount_credit)
        overdue = max(overdue, to_decimal(0))
        oldest, contact = self.date_oldest_due, self.last_contact_date
        since = max(filter(None, (oldest, contact)), default=day)
        planned = self.next_contact_date
        values = {
            "overdue": overdue,
            "disputed": min(to_decimal(self.amount_disputed_overdue), overdue),
            "promised": min(to_decimal(self.amount_promised_overdue), overdue),
            "broken": self.broken_promise_count,
            "silence": (day - since).days if day and overdue > 0 else 0,
            "age": (day - oldest).days if day and oldest else 0,
            "level": self.level_rank,
            "replies": self.reply_count,
            "due_contact": int(bool(day and planned and planned <= day)),
            "stopped": int(self.is_stopped),
        }
        return {measure: to_decimal(value) for measure, value in values.items()}

    @api.model
    def _get_measures(self, day):
        """Return numeric SQL for what the rules measure, over a debtor's columns.

        :param SQL day: the day of the figures.
        """
        # what credits cover is not asked for
        overdue = SQL("GREATEST(amount_overdue - COALESCE(amount_credit, 0), 0)")
        values = {
            "overdue": overdue,
            "disputed": SQL("LEAST(COALESCE(amount_disputed_overdue, 0), %s)", overdue),
            "promised": SQL("LEAST(COALESCE(amount_promised_overdue, 0), %s)", overdue),
            "broken": SQL("broken_promise_count"),
            "silence": SQL(
                """CASE WHEN %s > 0
                        THEN %s - GREATEST(last_contact_date, date_oldest_due) END""",
                overdue,
                day,
            ),
            "age": SQL("%s - date_oldest_due", day),
            "level": SQL("level_rank"),
            "replies": SQL("reply_count"),
            "due_contact": SQL("(next_contact_date <= %s)::int", day),
            "stopped": SQL("is_stopped::int"),
        }
        return {
            measure: SQL("COALESCE(%s, 0)::numeric", value)
            for measure, value in values.items()
        }

    @api.model
    def _get_priority_sql(self, company, day) -> SQL:
        """Return numeric SQL for the priority, over the columns of the refresh."""
        return self._build_priority(company, SQL("%s::date", day))

    @api.model
    def _build_priority(self, company, day):
        rules = self.env["account.dunning.priority.rule"]._get_rules(company)
        return engine.build(rules, self._get_measures(day))

    @api.model
    def _rank(self, company):
        """Set the priority of all debtors of a company from their figures."""
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """UPDATE account_dunning_debtor
                      SET priority = %(priority)s
                    WHERE company_id = %(company)s AND date_figures IS NOT NULL
                      AND priority IS DISTINCT FROM %(priority)s""",
                priority=self._build_priority(company, SQL("date_figures")),
                company=company.id,
            )
        )
        self.invalidate_model(["priority", "priority_text", "priority_breakdown"])
