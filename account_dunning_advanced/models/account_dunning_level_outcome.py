from odoo import api, fields, models
from odoo.tools import SQL, format_amount

# So many days after a notice count as its effect.
OUTCOME_DAYS = 30
# How far back notices are looked at, in days.
OUTCOME_PERIOD = 730
# With fewer notices a share says nothing.
OUTCOME_CASES = 20


class AccountDunningLevelOutcome(models.Model):
    """What the notices of a level brought in a company, from its own history.

    Kept by the daily job. What was paid on the items within thirty days of a notice
    is its outcome, whoever paid why; credit notes are none. A description of the past
    that helps to choose among debtors, not a forecast of one of them.
    """

    _name = "account.dunning.level.outcome"
    _description = "Outcome of a Dunning Level"
    _order = "company_id, level_id"
    _rec_name = "level_id"
    _log_access = False

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade", readonly=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    level_id = fields.Many2one(
        comodel_name="account.dunning.level",
        required=True,
        ondelete="cascade",
        index=True,
        readonly=True,
    )
    case_count = fields.Integer(string="Notices", readonly=True)
    amount_asked = fields.Monetary(string="Asked For", readonly=True)
    amount_paid = fields.Monetary(
        string="Paid Within 30 Days", readonly=True, help="At most what was asked for."
    )

    _company_level_uniq = models.Constraint(
        "UNIQUE (company_id, level_id)", "A level has one outcome in each company."
    )

    # === BUSINESS METHODS === #

    @api.model
    def _refresh(self, company):
        """Count anew what the notices of each level brought, in one statement."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH line AS (
                    SELECT notice.id AS notice_id, line.level_id,
                           line.amount_residual * ABS(item.balance
                               / NULLIF(item.amount_currency, 0)) AS asked,
                           (SELECT SUM(part.amount)
                              FROM account_partial_reconcile part
                              JOIN account_move_line credit
                                ON credit.id = part.credit_move_id
                              JOIN account_move entry ON entry.id = credit.move_id
                             WHERE part.debit_move_id = item.id
                               AND entry.move_type != 'out_refund'
                               AND part.max_date > notice.date
                               AND part.max_date <= notice.date + %(days)s) AS paid
                      FROM account_dunning_notice notice
                      JOIN account_dunning_notice_line line
                        ON line.notice_id = notice.id
                      JOIN account_move_line item ON item.id = line.move_line_id
                     WHERE notice.company_id = %(company)s
                       AND notice.state = 'issued' AND line.state = 'issued'
                       AND notice.date > %(day)s - %(period)s
                       AND notice.date <= %(day)s - %(days)s
                ),
                outcome AS (
                    SELECT level_id, COUNT(DISTINCT notice_id)::int4 AS cases,
                           SUM(asked) AS asked,
                           SUM(LEAST(COALESCE(paid, 0), asked)) AS paid
                      FROM line
                     WHERE level_id IS NOT NULL AND asked > 0
                     GROUP BY 1
                ),
                gone AS (
                    DELETE FROM account_dunning_level_outcome
                     WHERE company_id = %(company)s
                       AND level_id NOT IN (SELECT level_id FROM outcome)
                )
                INSERT INTO account_dunning_level_outcome (
                    company_id, level_id, case_count, amount_asked, amount_paid)
                SELECT %(company)s, level_id, cases,
                       ROUND(asked, %(digits)s), ROUND(paid, %(digits)s)
                  FROM outcome
                    ON CONFLICT (company_id, level_id) DO UPDATE
                   SET case_count = EXCLUDED.case_count,
                       amount_asked = EXCLUDED.amount_asked,
                       amount_paid = EXCLUDED.amount_paid""",
                company=company.id,
                day=company._dunning_today(),
                days=OUTCOME_DAYS,
                period=OUTCOME_PERIOD,
                digits=company.currency_id.decimal_places,
            )
        )
        self.invalidate_model(flush=False)

    def _expect(self, amount, level):
        """Return (amount expected, sentence) for a notice of a level.

        :param amount: what is overdue, in company currency.
        :param level: the level that comes next; ``self`` is its outcome, or empty.
        """
        cases = self.case_count
        if cases < OUTCOME_CASES or not self.amount_asked:
            return 0.0, self.env._(
                "Too little history: %(cases)s notices of “%(level)s” are older than"
                " %(days)s days, %(least)s are needed.",
                cases=cases,
                level=level.name,
                days=OUTCOME_DAYS,
                least=OUTCOME_CASES,
            )
        share = self.amount_paid / self.amount_asked
        expected = self.currency_id.round(amount * share)
        return expected, self.env._(
            "About %(amount)s: of what %(cases)s notices of “%(level)s” asked for,"
            " %(share)s %% was paid within %(days)s days.",
            amount=format_amount(self.env, expected, self.currency_id),
            cases=cases,
            level=level.name,
            share=round(100 * share),
            days=OUTCOME_DAYS,
        )
