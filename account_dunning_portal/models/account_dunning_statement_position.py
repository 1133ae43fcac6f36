from odoo import api, models
from odoo.tools import SQL

from .account_dunning_statement import AGES, AGREEMENT_REASONS

#: Amounts of a position, which add up.
AMOUNTS = (
    *("residual", "covered", "credited", "disputed"),
    *("disputable", "unsettled", "payable"),
)


class AccountDunningStatementPosition(models.AbstractModel):
    """How open items stand today: one by one where they are shown, else summed up.

    A customer may have thousands of them. The database judges and adds them up in one
    statement; only those that a page lists leave it one by one.
    """

    # a room of its own: positions
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.statement"

    @api.model
    def _get_position_sql(self, partner, company) -> SQL:
        """Return a select of how each open debit item stands today.

        The columns of the assessment, and, in the item's currency:

        ``disputed``    what the customer objects to; the decision is open
        ``disputable``  what may be objected to yet: nothing of what was decided once
        ``unsettled``   what is asked for: what is agreed falls due by its schedule, and
                        what is disputed is left out
        ``payable``     what may be paid to us, due or not; credits cover what is left
                        beside the disputed part
        """
        return SQL(
            """SELECT stand.*,
                      CASE WHEN is_decided THEN 0
                           ELSE residual - disputed END AS disputable,
                      CASE WHEN reason IN ('in_payment', 'factored')
                                OR reason = ANY(%(agreed)s) THEN 0
                           ELSE GREATEST(0, residual - GREATEST(covered, disputed))
                           END AS unsettled,
                      CASE WHEN reason IN ('in_payment', 'factored')
                                OR %(is_factored)s THEN 0
                           ELSE GREATEST(0, residual - credited - disputed)
                           END AS payable
                 FROM (
                     SELECT verdict.*,
                            LEAST(residual, COALESCE(objected.amount, 0)) AS disputed,
                            COALESCE(objected.is_decided, FALSE) AS is_decided
                       FROM (%(verdicts)s) verdict
                       LEFT JOIN (
                           SELECT line.move_line_id,
                                  SUM(line.amount) FILTER (WHERE dispute.state = 'open')
                                      AS amount,
                                  BOOL_OR(dispute.state != 'open') AS is_decided
                             FROM account_dunning_dispute_line line
                             JOIN account_dunning_dispute dispute
                               ON dispute.id = line.dispute_id
                            WHERE dispute.partner_id = %(partner)s
                            GROUP BY 1
                       ) objected ON objected.move_line_id = verdict.line_id
                 ) stand""",
            agreed=list(AGREEMENT_REASONS),
            is_factored=partner.commercial_partner_id
            in self.env["account.dunning.factoring"]._get_speaking(
                company, company._dunning_today()
            ),
            verdicts=self.env["account.dunning.assessment"]._get_positions(
                company, company._dunning_today(), partner
            ),
            partner=partner.commercial_partner_id.id,
        )

    @api.model
    def _get_positions(self, partner, companies, item_ids):
        """Return how a customer's items stand today.

        :param item_ids: of the items to be told one by one; None for all.
        :return: list of dicts as from :meth:`_group`.
        """
        positions = []
        for company in companies:
            select = self._get_position_sql(partner, company)
            positions += self._group(SQL("(%s) stand", select), item_ids)
        return positions

    @api.model
    def _get_notice_positions(self, notice, item_ids):
        """Return how the items of a notice and what it charged itself stand today.

        ``to_pay`` is what is still to be paid of the notice: never more than it asked.

        :param item_ids: of the items to be told one by one; so is what it charged.
        """
        bill_ids = self._get_notice_bills(notice).ids
        select = self._get_position_sql(notice.partner_id, notice.company_id)
        source = SQL(
            """(SELECT stand.*, LEAST(asked.amount, stand.unsettled) AS to_pay
                  FROM (%s) stand
                  LEFT JOIN (%s) asked ON asked.item_id = stand.line_id
                 WHERE asked.item_id IS NOT NULL OR stand.line_id = ANY(%s)) stand""",
            select,
            self._get_asked_sql(notice),
            bill_ids,
        )
        return self._group(source, [*item_ids, *bill_ids], SQL("stand.to_pay"))

    @api.model
    def _group(self, source, item_ids, to_pay=None):
        """Return positions: those that are to be told alone, the others in groups.

        A group is of one company, currency, reason and age. It has the amounts of its
        items added up, no ``line_id``, and of the days the most.

        :param SQL source: what to select from, by the alias ``stand``.
        :param SQL to_pay: what is to be paid of it; ``unsettled`` if not given.
        :return: list of dicts: line_id, move_id, company_id, currency_id, reason,
            date_due, days_overdue, count, :data:`AMOUNTS` and to_pay.
        """
        is_shown = (
            SQL("TRUE")
            if item_ids is None
            else SQL("stand.line_id = ANY(%s)", list(item_ids))
        )
        return self._execute_positions(
            SQL(
                """SELECT CASE WHEN %(is_shown)s THEN stand.line_id END AS line_id,
                          company_id, currency_id, reason,
                          WIDTH_BUCKET(days_overdue - 1, %(ages)s) AS age,
                          MIN(move_id) AS move_id, MIN(date_due) AS date_due,
                          MAX(days_overdue) AS days_overdue, COUNT(*) AS count,
                          %(amounts)s
                     FROM %(source)s
                    GROUP BY 1, 2, 3, 4, 5""",
                is_shown=is_shown,
                ages=[last for _name, last, _kind in AGES if last is not None],
                amounts=SQL(", ").join(
                    SQL("SUM(%s)::float AS %s", amount, SQL.identifier(name))
                    for name, amount in self._get_amounts_sql(to_pay)
                ),
                source=source,
            )
        )

    @api.model
    def _get_amounts_sql(self, to_pay):
        """Return (name, SQL) of what is added up."""
        amounts = [(name, SQL.identifier("stand", name)) for name in AMOUNTS]
        return [*amounts, ("to_pay", to_pay or SQL("stand.unsettled"))]

    @api.model
    def _execute_positions(self, select):
        """Return the rows of a statement over positions, as dicts.

        Its joins are written in a good order for one customer; to look for a better
        one among so many takes as long as a fifth of the statement.
        """
        self.env.cr.execute("SET LOCAL join_collapse_limit = 1")
        rows = self.env.execute_query_dict(select)
        self.env.cr.execute("SET LOCAL join_collapse_limit TO DEFAULT")
        return rows

    @api.model
    def _get_rows(self, partner, companies, item_ids=None):
        """Return how items stand today, by their ids.

        :param item_ids: None for all of the customer's open debit items.
        """
        positions = self._get_positions(partner, companies, item_ids)
        return self._index(positions)

    @api.model
    def _index(self, positions):
        """Return {item id: its position} of those that are told one by one."""
        rows = {row["line_id"]: row for row in positions if row["line_id"]}
        claimed = self._get_claimed_ids(list(rows))
        for item_id, row in rows.items():
            row["is_claimed_paid"] = item_id in claimed
        return rows

    @api.model
    def _get_claimed_ids(self, item_ids):
        """Return the ids of the items that the customer says are paid."""
        holds = self.env["account.dunning.hold"].search_fetch(
            [
                ("move_line_id", "in", item_ids),
                ("is_paid_claim", "=", True),
                ("state", "=", "active"),
            ],
            ["move_line_id"],
        )
        return set(holds.move_line_id.ids)
