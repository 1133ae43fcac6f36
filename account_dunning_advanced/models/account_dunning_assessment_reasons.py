from odoo import api, models
from odoo.tools import SQL

from ..engine.assessment import Among, Part

# In the context under ``dunning_despite_offers``: judge as if nothing had been offered,
# as sending does, for a notice is not stopped by its own offer. An object, which no
# RPC call can send.
DESPITE_OFFERS = object()


class AccountDunningAssessmentReasons(models.AbstractModel):
    """The reasons that are always there: why an item is not dunned, or not whole."""

    # a room of its own: the reasons
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.assessment"

    @api.model
    def _get_parts(self, company, day) -> list[Part]:
        """Return the reasons that concern one item alone.

        Override and append to add a reason. Sequences used here: 5 to 40 what core
        and the policy say, 50 legal cases, 55 claims that a factor collects, 60 to 66
        disputes and agreements (disputes 60, settlements 62, plans 64, promises 66),
        70 to 74 holds, 75 reliefs, 76 offers, 80 money under way.
        """
        return [
            Part(
                reason="nothing_owed",
                sequence=5,
                condition=SQL("item.residual <= 0"),
            ),
            Part(
                reason="excluded",
                sequence=10,
                condition=SQL("item.no_followup IS TRUE"),
            ),
            Part(
                reason="blocked",
                sequence=20,
                condition=SQL("item.payment_state = 'blocked'"),
            ),
            Part(
                reason="no_partner",
                sequence=25,
                condition=SQL("item.debtor_id IS NULL"),
            ),
            Part(
                reason="no_policy",
                sequence=30,
                condition=SQL("item.policy_id IS NULL"),
            ),
            Part(
                reason="not_due",
                sequence=40,
                condition=SQL(
                    "item.rank = 0 AND %s > %s", self._get_first_day_sql(), day
                ),
                day=self._get_first_day_sql(),
            ),
            self._get_dispute_part(company, day),
            *self._get_promise_parts(company, day),
            *self._get_hold_parts(company, day),
            *self._get_offer_parts(company, day),
            self._get_in_payment_part(company),
        ]

    @api.model
    def _get_first_day_sql(self) -> SQL:
        """Return SQL for the day from which on an item is asked for at all.

        The first level's day; for the bill of a notice's charges its due date.
        """
        return SQL("CASE WHEN item.is_charge THEN item.date_due ELSE item.next_day END")

    @api.model
    def _get_dispute_part(self, company, day) -> Part:
        """What is disputed is not asked for; the rest of the item is.

        An open dispute counts whatever the day: what is doubtful now must not be asked
        for in a run of last week either. What was not upheld counts for the tolerance
        days given. Several disputes on one item add up; the oldest is the cause.
        """
        return Part(
            reason="disputed",
            sequence=60,
            join=SQL(
                """LEFT JOIN (
                    SELECT line.move_line_id,
                           SUM(line.amount - COALESCE(line.amount_upheld, 0)) AS amount,
                           MAX(COALESCE(dispute.date_tolerance, dispute.deadline))
                               AS date_to,
                           MIN(dispute.id) AS id
                      FROM account_dunning_dispute_line line
                      JOIN account_dunning_dispute dispute
                        ON dispute.id = line.dispute_id
                     WHERE dispute.company_id = %s
                       AND (dispute.state = 'open' OR dispute.date_tolerance >= %s)
                     GROUP BY 1
                ) disputed ON disputed.move_line_id = item.line_id""",
                company.id,
                day,
            ),
            among=Among(
                "line_id",
                SQL(
                    """SELECT line.move_line_id
                         FROM account_dunning_dispute_line line
                         JOIN account_dunning_dispute dispute
                           ON dispute.id = line.dispute_id
                        WHERE dispute.company_id = %s
                          AND (dispute.state = 'open' OR dispute.date_tolerance >= %s)
                    """,
                    company.id,
                    day,
                ),
            ),
            condition=SQL("disputed.amount >= item.residual"),
            deduction=SQL("COALESCE(disputed.amount, 0)"),
            amount=SQL("disputed.amount"),
            day=SQL("disputed.date_to"),
            cause_model="account.dunning.dispute",
            cause_id=SQL("disputed.id"),
        )

    @api.model
    def _get_hold_parts(self, company, day) -> list[Part]:
        """Holds on the item, its invoice, or the debtor; the nearest is the reason.

        Of several on one target the longest counts, so that the day shown is the one
        on which dunning can really go on.
        """
        return [
            Part(
                reason=reason,
                sequence=sequence,
                join=SQL(
                    """LEFT JOIN (
                        SELECT DISTINCT ON (hold.%(target)s) hold.%(target)s AS target,
                               hold.id, hold.date_to
                          FROM account_dunning_hold hold
                         WHERE hold.%(target)s IS NOT NULL
                           AND hold.%(kind)s IS NOT NULL
                           AND hold.company_id = %(company)s
                           AND hold.date_from <= %(day)s
                           AND COALESCE(hold.date_to, %(day)s) >= %(day)s
                           AND COALESCE(hold.date_ended, 'infinity') > %(day)s
                         ORDER BY hold.%(target)s,
                                  hold.date_to DESC NULLS FIRST, hold.id
                    ) %(reason)s ON %(reason)s.target = item.%(column)s""",
                    target=SQL.identifier(target),
                    kind=SQL.identifier(kind),
                    company=company.id,
                    day=day,
                    reason=SQL.identifier(reason),
                    column=SQL.identifier(column),
                ),
                among=Among(
                    column,
                    SQL(
                        """SELECT hold.%s FROM account_dunning_hold hold
                            WHERE hold.%s IS NOT NULL AND hold.company_id = %s
                              AND hold.date_from <= %s
                              AND COALESCE(hold.date_to, 'infinity') >= %s""",
                        SQL.identifier(target),
                        SQL.identifier(kind),
                        company.id,
                        day,
                        day,
                    ),
                ),
                condition=SQL("%s.id IS NOT NULL", SQL.identifier(reason)),
                day=SQL.identifier(reason, "date_to"),
                cause_model="account.dunning.hold",
                cause_id=SQL.identifier(reason, "id"),
            )
            for reason, sequence, kind, target, column in (
                ("hold_item", 70, "move_line_id", "move_line_id", "line_id"),
                ("hold_invoice", 72, "move_id", "move_id", "move_id"),
                # by the stored debtor, for the hold may name a contact of it
                ("hold_debtor", 74, "partner_id", "debtor_id", "debtor_id"),
            )
        ]

    @api.model
    def _get_offer_parts(self, company, day) -> list[Part]:
        """While the debtor may still settle for less, the next level waits."""
        if self.env.context.get("dunning_despite_offers") is DESPITE_OFFERS:
            return []
        return [
            Part(
                reason="offer",
                sequence=76,
                join=SQL(
                    """LEFT JOIN (
                        SELECT DISTINCT ON (line.move_line_id) line.move_line_id,
                               offered.id, offered.date_to
                          FROM account_dunning_offer offered
                          JOIN account_dunning_offer_line line
                            ON line.offer_id = offered.id
                         WHERE offered.state = 'open' AND offered.pause_ladder
                           AND offered.company_id = %(company)s
                           AND offered.date_from <= %(day)s
                           AND offered.date_to >= %(day)s
                         ORDER BY line.move_line_id, offered.date_to DESC, offered.id
                    ) offer ON offer.move_line_id = item.line_id""",
                    company=company.id,
                    day=day,
                ),
                among=Among(
                    "line_id",
                    SQL(
                        """SELECT line.move_line_id
                             FROM account_dunning_offer offered
                             JOIN account_dunning_offer_line line
                               ON line.offer_id = offered.id
                            WHERE offered.state = 'open' AND offered.pause_ladder
                              AND offered.company_id = %s
                              AND offered.date_to >= %s""",
                        company.id,
                        day,
                    ),
                ),
                condition=SQL("offer.id IS NOT NULL"),
                day=SQL("offer.date_to"),
                cause_model="account.dunning.offer",
                cause_id=SQL("offer.id"),
            )
        ]

    @api.model
    def _get_promise_parts(self, company, day) -> list[Part]:
        """Agreements that are on track on the day; of each kind the reason is its own.

        One that is on track today counts for earlier days, too, for a run for last
        week is issued now. One that is over counts for the days on which it was not.
        Either ends with the first instalment that is not kept, after the days of
        tolerance, even before the daily job has judged it.
        """
        return [
            Part(
                reason=kind,
                sequence=sequence,
                join=SQL(
                    """LEFT JOIN (
                        SELECT DISTINCT ON (claim.move_line_id) claim.move_line_id,
                               agreed.id, next.date
                          FROM account_dunning_promise_item claim
                          JOIN account_dunning_promise agreed
                            ON agreed.id = claim.promise_id
                          LEFT JOIN LATERAL (
                              SELECT MIN(line.date) + agreed.tolerance_days AS date
                                FROM account_dunning_promise_line line
                               WHERE line.promise_id = agreed.id
                                 AND line.state != 'kept'
                          ) next ON TRUE
                         WHERE agreed.kind = %(kind)s
                           AND agreed.company_id = %(company)s
                           AND (agreed.state = 'active'
                                OR agreed.date <= %(day)s
                                   AND agreed.date_closed > %(day)s)
                           AND COALESCE(next.date, 'infinity') >= %(day)s
                         ORDER BY claim.move_line_id, agreed.id DESC
                    ) %(name)s ON %(name)s.move_line_id = item.line_id""",
                    kind=kind,
                    company=company.id,
                    day=day,
                    name=SQL.identifier(f"on_{kind}"),
                ),
                among=Among(
                    "line_id",
                    SQL(
                        """SELECT claim.move_line_id
                             FROM account_dunning_promise agreed
                             JOIN account_dunning_promise_item claim
                               ON claim.promise_id = agreed.id
                            WHERE agreed.kind = %s AND agreed.company_id = %s
                              AND (agreed.state = 'active' OR agreed.date_closed > %s)
                        """,
                        kind,
                        company.id,
                        day,
                    ),
                ),
                condition=SQL("%s.id IS NOT NULL", SQL.identifier(f"on_{kind}")),
                day=SQL.identifier(f"on_{kind}", "date"),
                cause_model="account.dunning.promise",
                cause_id=SQL.identifier(f"on_{kind}", "id"),
            )
            for kind, sequence in (("settlement", 62), ("plan", 64), ("promise", 66))
        ]

    @api.model
    def _get_in_payment_part(self, company) -> Part:
        """Money under way that names the invoice stops the whole item.

        Even a part payment does: the debtor has just acted, and the rest is looked
        at again as soon as the money is matched.
        """
        return Part(
            reason="in_payment",
            sequence=80,
            join=SQL("LEFT JOIN invoice_money ON invoice_money.move_id = item.move_id"),
            # core sets the state while residuals are still open: a payment that has
            # no journal entry of its own
            condition=SQL(
                "invoice_money.move_id IS NOT NULL"
                " OR item.payment_state IN ('in_payment', 'paid')"
            ),
            cause_model=SQL("invoice_money.cause_model"),
            cause_id=SQL("invoice_money.cause_id"),
        )
