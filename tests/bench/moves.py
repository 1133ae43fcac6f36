"""The invoices, credit notes and part payments of a ledger."""

from odoo.tools import SQL

from .rows import Rows

#: How many units of a copied invoice are still owed.
_LEFT = SQL(
    """(move.factor - CASE WHEN move.payment_id IS NULL THEN 0 ELSE move.paid END)"""
)
#: Amounts of a journal item; the rest of the numbers are rates and quantities.
LINE_AMOUNTS = (
    "debit",
    "credit",
    "balance",
    "amount_currency",
    "amount_residual",
    "amount_residual_currency",
    "price_unit",
    "price_subtotal",
    "price_total",
)


class Moves(Rows):
    def copy_moves(self, prototypes, items):
        """Multiply one company's documents until ``items`` debit items are open."""
        self._plan_moves(prototypes, items - sum(p.open_items for p in prototypes))
        self._copy_moves()
        self._copy_lines()
        self._match_payments()
        self._execute("DROP TABLE bench_move")

    def _plan_moves(self, prototypes, items):
        """Write ``bench_move``: a row for each document to be.

        Each debtor has an item before any has two; beyond that some have many and
        most have few. Two of three invoices are in the first currency.
        """
        invoices = [p.invoice.id for p in prototypes]
        triple = items * self.ledger.instalments // 100
        single = items - 3 * triple
        self._execute(
            """
            CREATE TEMP TABLE bench_plan AS
            SELECT *, (ARRAY[1, 1, 1, 1, 2, 3])[1 + %(kind)s %% 6] AS money,
                   CASE WHEN n < %(debtors)s THEN n
                        ELSE FLOOR(%(debtors)s * POWER(%(owner)s / 1e9, 1.7))
                   END AS debtor_no,
                   1 + %(amount)s AS factor,
                   %(day)s - 100 AS shift,
                   %(paid)s AS paid_draw, %(flag)s AS flag_draw
              FROM (
                  SELECT n, CASE WHEN n < %(single)s THEN 'single'
                                 WHEN n < %(invoices)s THEN 'triple'
                                 ELSE 'credit' END AS kind
                    FROM GENERATE_SERIES(0, %(last)s::bigint - 1) n
              ) planned""",
            debtors=self.ledger.debtors,
            owner=self._draw("debtor", 1_000_000_000),
            kind=self._draw("kind", 60),
            amount=self._draw("amount", 500),
            # due dates from 70 days before the ledger's day to 80 days after it
            day=self._draw("day", 150),
            paid=self._draw("paid", 100),
            flag=self._draw("flag", 100),
            single=single,
            invoices=single + triple,
            last=(single + triple) * (100 + self.ledger.credits) // 100,
        )
        self._execute(
            """
            CREATE TEMP TABLE bench_move AS
            SELECT plan.n, plan.kind, debtor.id AS partner_id, factor, shift,
                   NEXTVAL('account_move_id_seq')::int AS id,
                   (CASE kind WHEN 'single' THEN %(single)s
                              WHEN 'triple' THEN %(triple)s
                              ELSE %(credit)s END)[money] AS proto_id,
                   CASE WHEN kind = 'single' AND factor > 2
                         AND paid_draw < %(part_paid)s
                        THEN NEXTVAL('account_move_id_seq')::int END AS payment_id,
                   (%(payment)s)[money] AS payment_proto_id,
                   GREATEST(1, factor / 3) AS paid,
                   kind != 'credit' AND flag_draw < %(blocked)s AS blocked,
                   kind != 'credit' AND flag_draw >= 100 - %(excluded)s AS excluded
              FROM bench_plan plan
              JOIN bench_debtor debtor ON debtor.n = plan.debtor_no
             ORDER BY plan.n""",
            single=invoices,
            triple=[p.instalments.id for p in prototypes],
            credit=[p.credit_note.id for p in prototypes],
            payment=[p.payment.id for p in prototypes],
            part_paid=self.ledger.part_paid,
            blocked=self.ledger.blocked,
            excluded=self.ledger.excluded,
        )
        self._execute("DROP TABLE bench_plan")
        self._execute("ANALYZE bench_move")

    def _copy_moves(self):
        days = ("date", "invoice_date", "invoice_date_due")
        name = _number(SQL("move.n + 100000"))
        amounts = {
            column: SQL("proto.%s * move.factor", SQL.identifier(column))
            for column in self._get_columns("account_move", "amount\\_%")
        }
        residual = {
            column: SQL("proto.%s * %s", SQL.identifier(column), _LEFT)
            for column in ("amount_residual", "amount_residual_signed")
        }
        self._copy(
            "account_move",
            SQL(
                """FROM bench_move move JOIN account_move proto
                     ON proto.id = move.proto_id ORDER BY move.id"""
            ),
            {
                **amounts,
                **residual,
                **self._get_naming(name, "move.n + 100000", days),
                "id": SQL("move.id"),
                "partner_id": SQL("move.partner_id"),
                "commercial_partner_id": SQL("move.partner_id"),
                "partner_shipping_id": SQL("move.partner_id"),
                "payment_reference": SQL(
                    "CASE WHEN proto.payment_reference IS NOT NULL THEN %s END", name
                ),
                "payment_state": SQL(
                    """CASE WHEN move.blocked THEN 'blocked'
                            WHEN move.payment_id IS NOT NULL THEN 'partial'
                            ELSE proto.payment_state END"""
                ),
                "access_token": SQL("NULL"),
            },
        )
        amounts = {
            column: SQL("proto.%s * move.paid", SQL.identifier(column))
            for column in self._get_columns("account_move", "amount\\_%")
        }
        name = _number(SQL("move.n + 100000"))
        self._copy(
            "account_move",
            SQL(
                """FROM bench_move move JOIN account_move proto
                     ON proto.id = move.payment_proto_id
                  WHERE move.payment_id IS NOT NULL ORDER BY move.payment_id"""
            ),
            {
                **amounts,
                **self._get_naming(name, "move.n + 100000", ("date",)),
                "id": SQL("move.payment_id"),
                "partner_id": SQL("move.partner_id"),
                "commercial_partner_id": SQL("move.partner_id"),
            },
        )

    def _get_naming(self, name, number, days):
        """Number, partner and dates of a copied move."""
        return {
            "name": name,
            "sequence_prefix": _prefix(),
            "sequence_number": SQL(number),
            **{day: _moved(day) for day in days},
        }

    def _copy_lines(self):
        """The journal items; those of the receivables are less what was paid."""
        days = ("date", "invoice_date", "date_maturity")
        for condition, move_id, factor, left in (
            (
                SQL("proto.move_id = move.proto_id"),
                SQL("move.id"),
                SQL("move.factor"),
                _LEFT,
            ),
            (
                SQL(
                    "proto.move_id = move.payment_proto_id"
                    " AND move.payment_id IS NOT NULL"
                ),
                SQL("move.payment_id"),
                SQL("move.paid"),
                SQL("move.paid"),
            ),
        ):
            amounts = {
                column: SQL("proto.%s * %s", SQL.identifier(column), factor)
                for column in LINE_AMOUNTS
            }
            residuals = {
                column: SQL("proto.%s * %s", SQL.identifier(column), left)
                for column in ("amount_residual", "amount_residual_currency")
            }
            self._copy(
                "account_move_line",
                SQL(
                    """FROM bench_move move JOIN account_move_line proto ON %s
                      ORDER BY move.id, proto.id""",
                    condition,
                ),
                {
                    **amounts,
                    **residuals,
                    **{day: _moved(day) for day in days},
                    "move_id": move_id,
                    "move_name": SQL(
                        """CONCAT(REGEXP_REPLACE(proto.move_name, '\\d{4}/\\d+$', ''),
                                  EXTRACT(YEAR FROM %s), '/', move.n + 100000)""",
                        _moved("date"),
                    ),
                    "partner_id": SQL("move.partner_id"),
                    "matching_number": SQL("NULL"),
                    "no_followup": SQL(
                        "CASE WHEN move.excluded THEN TRUE ELSE proto.no_followup END"
                    ),
                },
            )

    def _match_payments(self):
        """The partial reconciliations of the invoices that are paid in part."""
        self._execute(
            """
            CREATE TEMP TABLE bench_match AS
            SELECT NEXTVAL('account_partial_reconcile_id_seq')::int AS id, move.paid,
                   debit.id AS debit_id, credit.id AS credit_id, proto.id AS proto_id,
                   credit.date
              FROM bench_move move
              JOIN account_move_line debit ON debit.move_id = move.id
              JOIN account_account account ON account.id = debit.account_id
                                          AND account.account_type = 'asset_receivable'
              JOIN account_move_line credit ON credit.move_id = move.payment_id
                                           AND credit.account_id = account.id
              JOIN account_move_line source ON source.move_id = move.payment_proto_id
              JOIN account_partial_reconcile proto ON proto.credit_move_id = source.id
             ORDER BY move.id"""
        )
        self._copy(
            "account_partial_reconcile",
            SQL(
                """FROM bench_match found
                   JOIN account_partial_reconcile proto ON proto.id = found.proto_id"""
            ),
            {
                **{
                    column: SQL("proto.%s * found.paid", SQL.identifier(column))
                    for column in (
                        "amount",
                        "debit_amount_currency",
                        "credit_amount_currency",
                    )
                },
                "id": SQL("found.id"),
                "debit_move_id": SQL("found.debit_id"),
                "credit_move_id": SQL("found.credit_id"),
                "max_date": SQL("found.date"),
            },
        )
        self._execute(
            """UPDATE account_move_line line SET matching_number = CONCAT('P', found.id)
                 FROM bench_match found
                WHERE line.id IN (found.debit_id, found.credit_id)"""
        )
        self._execute("DROP TABLE bench_match")


def _prefix():
    return SQL(
        "REGEXP_REPLACE(proto.sequence_prefix, '\\d{4}', EXTRACT(YEAR FROM %s)::text)",
        _moved("date"),
    )


def _number(number):
    """Text SQL: the number of a copied move; above all numbers Odoo has given."""
    return SQL("CONCAT(%s, %s)", _prefix(), number)


def _moved(column):
    """Date SQL: the prototype's day, moved with the copy's due date."""
    return SQL("(proto.%s + move.shift)", SQL.identifier(column))
