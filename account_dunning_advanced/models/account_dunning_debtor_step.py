from odoo import api, fields, models
from odoo.tools import format_date

# Reasons after which the ladder goes on by itself.
ON_THE_WAY = ("dun", "not_yet", "interval", "not_due")


class AccountDunningDebtorStep(models.Model):
    """The next step in words, and what it may bring."""

    # a room of its own: nothing here is stored
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    next_step_text = fields.Char(
        string="What Next",
        compute="_compute_next_step_text",
        help="The next step with its day; for a notice what a run would decide today.",
    )
    expected_amount = fields.Monetary(
        string="Expected",
        compute="_compute_expected",
        help="What a notice of the next level may bring within 30 days, by what the"
        " company's notices of that level have brought.",
    )
    expected_text = fields.Char(string="Expected Because", compute="_compute_expected")

    # === COMPUTE METHODS === #

    @api.depends("next_step", "next_step_date")
    @api.depends_context("lang", "uid")
    def _compute_next_step_text(self):
        waiting = self.filtered(lambda debtor: debtor.next_step == "notice")
        notices = waiting._get_next_notices()
        for debtor in self:
            debtor.next_step_text = notices.get(debtor) or debtor._describe_step()

    @api.depends(
        "level_id",
        "stage",
        "amount_overdue",
        "amount_credit",
        "amount_disputed_overdue",
        "amount_promised_overdue",
    )
    @api.depends_context("lang")
    def _compute_expected(self):
        outcomes = {
            (outcome.company_id, outcome.level_id): outcome
            for outcome in self.env["account.dunning.level.outcome"].search(
                [("company_id", "in", self.company_id.ids)]
            )
        }
        nothing = self.env["account.dunning.level.outcome"]
        for debtor in self:
            level = debtor._get_next_level()
            asked = debtor._get_asked_amount()
            if not level or debtor.currency_id.compare_amounts(asked, 0) <= 0:
                debtor.expected_amount, debtor.expected_text = 0, False
                continue
            outcome = outcomes.get((debtor.company_id, level), nothing)
            debtor.expected_amount, debtor.expected_text = outcome._expect(asked, level)

    # === BUSINESS METHODS === #

    def _get_asked_amount(self):
        """Return what a notice would ask for of what is overdue, as far as is known.

        Less what credits cover, what is disputed and what is promised for a later day;
        nothing where collecting rests. In company currency; an override point.
        """
        self.ensure_one()
        if self.stage in self._get_idle_stages():
            return 0.0
        return (
            self.amount_overdue
            - self.amount_credit
            - self.amount_disputed_overdue
            - self.amount_promised_overdue
        )

    def _get_next_level(self):
        """Return the level after the one reached; the first of the policy."""
        self.ensure_one()
        reached = self.level_id
        partner_sudo = self.partner_id.sudo().with_company(self.company_id)
        policy = (
            reached.policy_id
            or partner_sudo.dunning_policy_id
            or self.company_id.dunning_policy_id
        )
        levels = policy.sudo().level_ids.filtered("active")
        if not reached:
            return levels[:1]
        place = (reached.sequence, reached.id)
        return levels.filtered(lambda level: (level.sequence, level.id) > place)[:1]

    def _describe_step(self):
        """Return the next step in the reader's language.

        For an addon to bring a step, it must override this method.
        """
        self.ensure_one()
        date = self.next_step_date and format_date(self.env, self.next_step_date)
        texts = {
            "reply": self.env._("Read the reply of %s", date),
            "broken": self.env._("Call: agreement broken on %s", date),
            "dispute": self.env._("Decide the dispute by %s", date),
            "contact": self.env._("Contact on %s", date),
            "wait": self.env._("On hold, ends on %s", date)
            if date
            else self.env._("On hold without end"),
            "match": self.env._("Match the open credits"),
            "promise": self.env._("Money promised for %s", date),
            "decide": self.env._("Call, or decide on legal steps"),
            "notice": self.env._("Wait for the next notice"),
        }
        return texts.get(self.next_step, False)

    def _get_next_notices(self):
        """Return {debtor: what a run today would decide}, one statement a company."""
        texts = {}
        for company, debtors in self.grouped("company_id").items():
            outlook = self.env["account.dunning.assessment"]._get_outlook(
                company, company._dunning_today(), debtors.partner_id
            )
            for debtor in debtors:
                texts[debtor] = debtor._describe_notice(
                    outlook.get(debtor.partner_id.id, [])
                )
        return texts

    def _describe_notice(self, rows):
        """Say when the next notice comes, or why none does.

        :param rows: of ``account.dunning.assessment._get_outlook``.
        """
        coming = [row for row in rows if row["reason"] in ON_THE_WAY]
        if not coming:
            return self._describe_stall(rows)
        if any(row["reason"] == "dun" for row in coming):
            return self.env._("Notice with the next run")
        first = min(coming, key=lambda row: row["reason_date"])
        level = self.env["account.dunning.level"].browse(first["next_level_id"])
        return self.env._(
            "Notice “%(level)s” on %(date)s",
            level=level.name or "–",
            date=format_date(self.env, first["reason_date"]),
        )

    def _describe_stall(self, rows):
        """Name the reason that keeps most of the money from being dunned."""
        amounts = {}
        for row in rows:
            amounts[row["reason"]] = amounts.get(row["reason"], 0) + row["residual"]
        if not amounts:
            return False
        labels = dict(
            self.env["account.dunning.verdict"]
            ._fields["reason"]
            ._description_selection(self.env)
        )
        reason = max(amounts, key=amounts.get)
        return self.env._("No notice: %s", labels.get(reason, reason))
