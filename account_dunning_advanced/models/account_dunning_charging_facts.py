from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL, groupby

from ..engine.charging import Entry, Facts, Span


class AccountDunningChargingFacts(models.AbstractModel):
    """Reads what the charges of a batch of notices depend on, in a few queries."""

    # a room of its own: what is read of the ledger
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.charging"

    # === BUSINESS METHODS === #

    @api.model
    def _get_facts(self, company, notices):
        """Read what the charges of these notices of a company depend on."""
        items = notices.line_ids.filtered(
            lambda line: line.state == "draft" and not line.is_charge
        ).move_line_id
        self.env.flush_all()
        self._fetch(notices, items)
        terms = self.env["account.dunning.terms"]._search_for(
            company, notices.partner_id, items.move_id
        )
        return Facts(
            balances=self._get_balances(items),
            first_notices=self._get_first_notices(items),
            lump_sums=self._get_lump_sums(items.move_id),
            unbilled=self._get_unbilled(items),
            charged=self._get_charged(items),
            claimed=self._get_claimed(items),
            spans=self._get_spans(items),
            plans=self._get_plan_spans(items),
            credits=self._get_credits(company, notices),
            terms=terms.grouped(lambda agreed: agreed._get_customer()),
            limits=self._get_limits(),
        )

    @api.model
    def _fetch(self, notices, items):
        """Read what charging needs of all items at once, and no more of them.

        Else each notice read its own invoices, with all their columns.
        """
        items.fetch(["move_id", "amount_currency", "dunning_interest_date"])
        items.move_id.fetch(["invoice_date", "date", "move_type", "amount_total"])
        notices.partner_id.fetch(
            ["commercial_partner_id", "dunning_kind", "is_company", "vat", "country_id"]
        )

    @api.model
    def _get_balances(self, items):
        """Return {item id: [(day, open amount)]} from the ledger's reconciliations.

        The amount is in the item's currency. A payment or credit lowers it from its
        own date on; one that is older than the item lowers it from the beginning. What
        was credited for a dispute was not owed since the dispute's ground arose.
        """
        paid = defaultdict(list)
        for entry in self._get_settled(items):
            paid[entry.item_id].append(entry)
        balances = {}
        for item in items:
            amount = Decimal(str(item.amount_currency))
            course = [(date.min, amount)]
            for day, entries in groupby(paid[item.id], lambda entry: entry.day):
                amount -= sum(entry.amount for entry in entries)
                course.append((day, amount))
            balances[item.id] = course
        return balances

    @api.model
    def _get_settled(self, items):
        """Return what was set against the items, in the order of its days.

        :return: list of :class:`Entry`.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                %(matched)s UNION ALL %(upheld)s ORDER BY 1, 2, 4""",
                matched=self._get_matched_sql(items),
                upheld=self._get_upheld_sql(items),
            )
        )
        return [
            Entry(item_id, day, Decimal(str(amount)), *known)
            for item_id, day, amount, *known in rows
        ]

    @api.model
    def _get_matched_sql(self, items):
        """Return SQL of what was matched with the items, see :meth:`_get_settled`."""
        return SQL(
            """
            SELECT partial.debit_move_id,
                   LEAST(credit.date, dispute.date_ground),
                   partial.debit_amount_currency,
                   partial.id,
                   credit.id,
                   dispute.id
              FROM account_partial_reconcile partial
              JOIN account_move_line credit ON credit.id = partial.credit_move_id
              JOIN account_move note ON note.id = credit.move_id
              LEFT JOIN account_dunning_dispute dispute
                     ON dispute.id = note.dunning_dispute_id
             WHERE partial.debit_move_id = ANY(%s)""",
            list(items.ids),
        )

    @api.model
    def _get_upheld_sql(self, items):
        """Return SQL of what was upheld and is not matched, see :meth:`_get_settled`.

        Where the customer had paid in the meantime, the dispute's credit note is left
        open or set against something else: the item was not owed all the same.
        """
        return SQL(
            """
            SELECT line.move_line_id,
                   dispute.date_ground,
                   line.amount_upheld - COALESCE(matched.amount, 0),
                   NULL::int4,
                   NULL::int4,
                   dispute.id
              FROM account_dunning_dispute_line line
              JOIN account_dunning_dispute dispute ON dispute.id = line.dispute_id
              JOIN account_move_line item ON item.id = line.move_line_id
              LEFT JOIN LATERAL (
                       SELECT SUM(partial.debit_amount_currency) AS amount
                         FROM account_partial_reconcile partial
                         JOIN account_move_line credit
                              ON credit.id = partial.credit_move_id
                         JOIN account_move note ON note.id = credit.move_id
                        WHERE partial.debit_move_id = item.id
                          AND note.dunning_dispute_id = dispute.id) matched ON TRUE
             WHERE line.move_line_id = ANY(%s)
               AND line.amount_upheld > COALESCE(matched.amount, 0)
               AND EXISTS (
                       SELECT FROM account_move note
                        WHERE note.dunning_dispute_id = dispute.id
                          AND note.reversed_entry_id = item.move_id
                          AND note.state = 'posted'
                          -- who takes the credit back asks for the item again
                          AND NOT EXISTS (
                                  SELECT FROM account_move undone
                                   WHERE undone.reversed_entry_id = note.id
                                     AND undone.state = 'posted'))""",
            list(items.ids),
        )

    @api.model
    def _get_first_notices(self, items):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.move_line_id, MIN(notice.date),
                       MIN(notice.date) FILTER (WHERE notice.date > line.date_due)
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice notice ON notice.id = line.notice_id
                 WHERE line.move_line_id = ANY(%s) AND line.state = 'issued'
                 GROUP BY 1""",
                list(items.ids),
            )
        )
        return {item_id: (first, overdue) for item_id, first, overdue in rows}

    @api.model
    def _get_lump_sums(self, moves):
        charges_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [
                    ("move_id", "in", moves.ids),
                    ("kind", "=", "lump_sum"),
                    ("state", "in", ("shown", "waiting", "posted", "waived")),
                ]
            )
        )
        return {
            self._get_lump_sum_key(charge.move_id, charge.partner_id)
            for charge in charges_sudo
        }

    @api.model
    def _get_lump_sum_key(self, move, customer):
        """Return what is charged a lump sum once: an invoice, whoever it is asked of.

        An opening entry has items of many customers, each of whom is late.
        """
        return move.id, False if move.is_invoice(True) else customer.id

    @api.model
    def _get_unbilled(self, items):
        charges_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("state", "in", ("shown", "waiting")),
                ]
            )
        )
        unbilled = defaultdict(list)
        for charge in charges_sudo:
            unbilled[charge.move_line_id.id].append(charge)
        return unbilled

    @api.model
    def _get_charged(self, items):
        """Return what issued notices charge on these items, or for a notice of them.

        What was carried on counts with the notice that carries it now.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.move_line_id, charge.id, charge.kind, charge.amount
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice_charge charge
                    ON charge.notice_id = line.notice_id
                  LEFT JOIN account_dunning_charge by ON by.id = charge.charge_id
                 WHERE line.move_line_id = ANY(%s) AND line.state = 'issued'
                   AND (charge.move_line_id = line.move_line_id OR by.basis = 'notice')
                   AND charge.state IN ('shown', 'waiting', 'posted')""",
                list(items.ids),
            )
        )
        charged = defaultdict(dict)
        for item_id, charge_id, kind, amount in rows:
            charged[item_id][charge_id] = (kind, float(amount))
        return charged

    @api.model
    def _get_claimed(self, items):
        """Return {(item id, charge id)} of what is charged once a claim, and was.

        What was waived is not charged again.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT line.move_line_id, by.id
                  FROM account_dunning_notice_line line
                  JOIN account_dunning_notice_charge charge
                    ON charge.notice_id = line.notice_id
                  JOIN account_dunning_charge by ON by.id = charge.charge_id
                 WHERE line.move_line_id = ANY(%s) AND line.state = 'issued'
                   AND (charge.move_line_id = line.move_line_id OR by.basis = 'notice')
                   AND by.is_once
                   AND charge.state IN ('shown', 'waiting', 'posted', 'waived')""",
                list(items.ids),
            )
        )
        return set(rows)

    @api.model
    def _get_spans(self, items):
        """Return {item id: [Span]} of interest that notices charged before.

        What was waived or left out counts as charged; what was taken back does not,
        nor does what was carried on, for its copy does.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT charge.move_line_id, charge.id, charge.date_from, charge.date_to,
                       charge.state,
                       charge.state NOT IN ('carried', 'reversed')
                       AND notice.state = 'issued',
                       charge.state = 'reversed' AND notice.state = 'issued',
                       COALESCE(charge.base_floor, 0),
                       COALESCE(charge.base_floor, 0) + COALESCE(charge.base, 0)
                  FROM account_dunning_notice_charge charge
                  JOIN account_dunning_notice notice ON notice.id = charge.notice_id
                 WHERE charge.move_line_id = ANY(%s) AND charge.kind = 'interest'
                   AND charge.date_from IS NOT NULL
                   AND charge.state IN ('shown', 'waiting', 'posted', 'carried',
                                        'waived', 'reversed', 'dropped')
                   AND notice.state IN ('issued', 'reversed')
                 ORDER BY charge.id""",
                list(items.ids),
            )
        )
        spans = defaultdict(list)
        for item_id, *values, floor, top in rows:
            spans[item_id].append(Span(*values, Decimal(str(floor)), Decimal(str(top))))
        return spans

    @api.model
    def _get_plan_spans(self, items, but=None):
        """Return {item id: [(first day, last day)]} whose interest a plan has billed.

        To the end of the plan, or to the day on which it was broken or cancelled: what
        later days would have cost has been credited.

        :param account.dunning.promise but: a plan that is not counted.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT claim.move_line_id, plan.date, COALESCE(plan.date_closed, (
                           SELECT MAX(part.date) FROM account_dunning_promise_line part
                            WHERE part.promise_id = plan.id))
                  FROM account_dunning_promise_item claim
                  JOIN account_dunning_promise plan ON plan.id = claim.promise_id
                 WHERE claim.move_line_id = ANY(%s)
                   AND plan.interest_move_id IS NOT NULL
                   AND plan.id != ALL(%s)""",
                list(items.ids),
                list(but.ids) if but else [],
            )
        )
        spans = defaultdict(list)
        for item_id, begin, last in rows:
            if last > begin:
                spans[item_id].append((begin + timedelta(days=1), last))
        return spans

    @api.model
    def _get_credits(self, company, notices):
        """Return the open credits of the notices' customers, the newest first.

        In that order they are set against items: the oldest ones cover items that are
        older still, and are not asked for.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.commercial_partner_id, item.currency_id, item.date,
                       SUM(-item.amount_residual_currency)
                  FROM account_move_line item
                  JOIN account_account account ON account.id = item.account_id
                  JOIN res_partner partner ON partner.id = item.partner_id
                 WHERE partner.commercial_partner_id = ANY(%s)
                   AND item.company_id = %s AND item.parent_state = 'posted'
                   AND account.account_type = 'asset_receivable'
                   AND item.reconciled IS NOT TRUE
                   AND item.amount_residual_currency < 0
                 GROUP BY 1, 2, 3 ORDER BY 3 DESC""",
                list(notices.partner_id.ids),
                company.id,
            )
        )
        credits = defaultdict(lambda: defaultdict(list))
        for partner_id, currency_id, day, amount in rows:
            credits[partner_id][currency_id].append((day, Decimal(str(amount))))
        return credits
