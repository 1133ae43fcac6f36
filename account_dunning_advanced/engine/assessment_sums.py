"""The steps of the assessing statement that look at all items of a debtor together.

Money and credits are set against the oldest item first, and a level is reached where
the sum of what would be asked for reaches its minimum.
"""

from odoo.tools import SQL

from .assessment_items import partner_filter
from .assessment_scope import Scope

# A running sum over the debtor's items from the oldest on. Both coverings use the
# same order, so the planner sorts once for the two.
_OLDEST_FIRST = SQL(
    """(PARTITION BY debtor_id, currency_id ORDER BY date_due, line_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"""
)


def get_coverings(scope: Scope) -> SQL:
    """CTEs: money under way and open credits, set against the oldest items first.

    Only items that no part stopped take part: a disputed or a future item must not
    swallow the credit that would have spared the debtor a reminder today, and
    setting credits against what is asked keeps the sum asked within what is owed.
    """
    return SQL(
        """
    credit AS MATERIALIZED (
        SELECT partner.commercial_partner_id AS debtor_id, aml.currency_id,
               SUM(-aml.amount_residual_currency) AS amount,
               -- only a single credit can be named as what covers an item
               CASE WHEN COUNT(*) = 1 THEN MIN(aml.move_id) END AS cause_id
          FROM account_move_line aml
          JOIN res_partner partner ON partner.id = aml.partner_id
         WHERE aml.reconciled IS NOT TRUE
           AND aml.account_id = ANY(%(accounts)s)
           AND %(partners)s
           AND aml.company_id = %(company)s
           AND aml.parent_state = 'posted'
           AND aml.amount_residual_currency < 0
         GROUP BY 1, 2
    ),
    paying AS (
        SELECT judged.*, money.cause_model AS money_model, money.cause_id AS money_id,
               CASE WHEN claim > 0 THEN LEAST(claim, GREATEST(0, money.amount
                   - (SUM(claim) OVER %(oldest)s - claim))) END AS paying_amount
          FROM judged
          LEFT JOIN money USING (debtor_id, currency_id)
    ),
    netted AS (
        SELECT paying.*,
               CASE WHEN netting = 'debtor'
                    THEN claim - COALESCE(paying_amount, 0) ELSE 0 END AS nettable
          FROM paying
    ),
    covered AS (
        SELECT netted.*, credit.cause_id AS credit_id,
               COALESCE(paying_amount, 0) + COALESCE(
                   CASE WHEN nettable > 0 THEN LEAST(nettable, GREATEST(0,
                       credit.amount - (SUM(nettable) OVER %(oldest)s - nettable)))
                   END, 0) AS covered_amount
          FROM netted
          LEFT JOIN credit USING (debtor_id, currency_id)
    )""",
        accounts=list(scope.account_ids),
        partners=partner_filter(scope, SQL("aml.partner_id")),
        company=scope.company_id,
        oldest=_OLDEST_FIRST,
    )


def get_minimums(scope: Scope) -> SQL:
    """CTEs: which level the debtor's sum reaches.

    From the highest level down: the sum of all items that are still on the notice
    must reach the level's minimum. Where it does not, items that could take a lower
    level fall back to it and the others are left out, which lowers the sum for the
    next look. An item whose lowest possible level is ``r`` is left out once the
    levels from ``r`` up have failed; so the sum that counts at level ``r`` is that of
    the items whose lowest level is ``r`` or less, and no iteration is needed.
    """
    return SQL(
        """
    rate(currency_id, rate) AS (VALUES %(rates)s),
    rung AS (
        SELECT debtor_id, currency_id, policy_id, rank + 1 AS lowest,
               MAX(highest_rank) AS highest, SUM(net) AS amount
          FROM climbing WHERE item_reason IS NULL
         GROUP BY 1, 2, 3, 4
    ),
    balance AS (
        SELECT debtor_id, currency_id,
               SUM(residual) - COALESCE(MAX(credit.amount), 0) AS amount
          FROM climbing
          LEFT JOIN credit USING (debtor_id, currency_id)
         GROUP BY 1, 2
    ),
    -- customers whose items stand on the ladders of several policies: the sum is the
    -- customer's, so what the other policies ask for counts too
    mixed AS MATERIALIZED (
        SELECT rung.*
          FROM rung
          JOIN (SELECT debtor_id, currency_id FROM rung GROUP BY 1, 2
                HAVING COUNT(DISTINCT policy_id) > 1) several
         USING (debtor_id, currency_id)
    ),
    hopeful AS MATERIALIZED (%(hopeful)s),
    passing AS (%(passing)s)""",
        rates=SQL(", ").join(
            SQL("(%s::int4, %s::numeric)", currency_id, rate)
            for currency_id, rate in (scope.rates or [(0, 1)])
        ),
        hopeful=_tiers(SQL("mixed"), SQL("TRUE")),
        # what fails even with the help of the others helps nobody
        passing=_tiers(
            SQL("rung"),
            SQL(
                """EXISTS (
                    SELECT FROM hopeful
                     WHERE hopeful.debtor_id = other.debtor_id
                       AND hopeful.currency_id = other.currency_id
                       AND hopeful.policy_id = other.policy_id
                       AND hopeful.rank >= other.lowest)"""
            ),
        ),
    )


def _tiers(rungs: SQL, helps: SQL) -> SQL:
    """Select of (debtor_id, currency_id, policy_id, rank): the highest level reached.

    :param rungs: the rows of ``rung`` to look at.
    :param helps: which rungs of other policies count, by the alias ``other``.
    """
    return SQL(
        """
        SELECT tier.debtor_id, tier.currency_id, tier.policy_id, MAX(tier.rank) AS rank
          FROM (
              SELECT rung.debtor_id, rung.currency_id, ladder.policy_id,
                     ladder.rank, ladder.min_amount, ladder.min_percent,
                     ladder.currency_id AS min_currency_id, SUM(rung.amount) AS amount
                FROM %(rungs)s rung
                JOIN ladder ON ladder.policy_id = rung.policy_id
                           AND ladder.rank >= rung.lowest
               GROUP BY 1, 2, 3, 4, 5, 6, 7
              HAVING BOOL_OR(ladder.rank <= rung.highest)
          ) tier
          LEFT JOIN (
              SELECT mine.debtor_id, mine.currency_id, mine.policy_id, ladder.rank,
                     SUM(other.amount) AS amount
                FROM (SELECT DISTINCT debtor_id, currency_id, policy_id FROM mixed) mine
                JOIN ladder ON ladder.policy_id = mine.policy_id
                JOIN mixed other ON other.debtor_id = mine.debtor_id
                                AND other.currency_id = mine.currency_id
                                AND other.policy_id != mine.policy_id
                                AND other.lowest <= ladder.rank
                                AND %(helps)s
               GROUP BY 1, 2, 3, 4
          ) help USING (debtor_id, currency_id, policy_id, rank)
          JOIN balance USING (debtor_id, currency_id)
          LEFT JOIN rate own ON own.currency_id = tier.currency_id
          LEFT JOIN rate minimum ON minimum.currency_id = tier.min_currency_id
         WHERE (COALESCE(tier.min_amount, 0) = 0
                OR (tier.amount + COALESCE(help.amount, 0)) * own.rate
                   >= tier.min_amount * minimum.rate)
           AND (tier.amount + COALESCE(help.amount, 0)) * 100
               >= balance.amount * COALESCE(tier.min_percent, 0)
         GROUP BY 1, 2, 3""",
        rungs=rungs,
        helps=helps,
    )
