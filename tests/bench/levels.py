"""Levels that items of a ledger have been given before."""

from .rows import Rows


class Levels(Rows):
    def set_levels(self, companies, day):
        """Set the levels of the default policy on some of the overdue items."""
        levels = companies[0].dunning_policy_id.level_ids.sorted(
            lambda level: (level.sequence, level.id)
        )
        self._execute(
            """
            UPDATE account_move_line line
               SET dunning_level_id = drawn.level_id, dunning_date = drawn.told,
                   dunning_cycle = 0
              FROM (
                  SELECT id, (%(levels)s)[step] AS level_id,
                         GREATEST(date_maturity + 1, %(day)s - 1 - told) AS told
                    FROM (
                        SELECT n AS id, date_maturity, %(told)s AS told,
                               CASE WHEN date_maturity < %(day)s - 40 AND %(level)s < 15
                                         THEN LEAST(3, %(count)s)
                                    WHEN date_maturity < %(day)s - 25 AND %(level)s < 45
                                         THEN LEAST(2, %(count)s)
                                    WHEN %(level)s < 70 THEN 1
                               END AS step
                          FROM (
                              SELECT line.id AS n, date_maturity
                                FROM account_move_line line
                                JOIN account_account account
                                  ON account.id = line.account_id
                               WHERE account.account_type = 'asset_receivable'
                                 AND line.company_id = ANY(%(companies)s)
                                 AND line.reconciled IS NOT TRUE
                                 AND line.amount_residual > 0
                                 AND date_maturity < %(day)s - 8
                          ) overdue
                    ) climbed
                   WHERE step IS NOT NULL
              ) drawn
             WHERE line.id = drawn.id""",
            levels=levels.ids,
            count=len(levels),
            companies=companies.ids,
            day=day,
            told=self._draw("told", 28),
            level=self._draw("level", 100),
        )
        self._execute(
            """UPDATE account_move move
                  SET dunning_level_id = line.level_id, dunning_date = line.told
                 FROM (SELECT move_id, MAX(dunning_level_id) AS level_id,
                              MAX(dunning_date) AS told
                         FROM account_move_line WHERE dunning_level_id IS NOT NULL
                        GROUP BY 1) line
                WHERE line.move_id = move.id"""
        )
