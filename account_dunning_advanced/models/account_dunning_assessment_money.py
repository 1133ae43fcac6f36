from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import reference

# For so long after choosing to transfer the money one waits for it.
TRANSFER_DAYS = 7
# By what customers name an invoice when they transfer money.
NAMED_BY = ("name", "payment_reference")


class AccountDunningAssessmentMoney(models.AbstractModel):
    """What the assessment knows of money under way.

    What is empty is left out of the statement: the planner would spend milliseconds
    on it each time a customer looks at the account.
    """

    # a room of its own: money under way
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.assessment"

    @api.model
    def _get_sources(self, company) -> dict[str, SQL]:
        """Return the selects that the statement and its parts read by name.

        ``bank``           incoming bank lines that wait for reconciliation
        ``bank_word``      what their texts mention
        ``bank_invoice``   the open invoices that they name
        ``invoice_money``  money under way that names an invoice: move_id and cause
        ``money``          money under way that names a debtor but no invoice
        """
        return {
            **self._get_bank_sources(company),
            "invoice_money": SQL(
                """SELECT DISTINCT ON (move_id) move_id, cause_model, cause_id
                     FROM (%s) source
                    ORDER BY move_id, cause_model, cause_id""",
                SQL(" UNION ALL ").join(self._get_invoice_money(company)),
            ),
            "money": SQL(
                """
                SELECT debtor_id, currency_id, SUM(amount) AS amount,
                       (ARRAY_AGG(cause_model ORDER BY cause_model, cause_id))[1]
                           AS cause_model,
                       (ARRAY_AGG(cause_id ORDER BY cause_model, cause_id))[1]
                           AS cause_id
                  FROM (%s) source
                 WHERE debtor_id IS NOT NULL
                 GROUP BY 1, 2""",
                SQL(" UNION ALL ").join(self._get_debtor_money(company)),
            ),
        }

    @api.model
    def _get_bank_sources(self, company) -> dict[str, SQL]:
        """Return the sources of what the bank says; empty where no line waits."""
        if not self._is_any(self._get_open_bank_lines(company)):
            return {
                "bank": SQL(
                    """SELECT 0 AS id, 0 AS debtor_id, 0 AS currency_id, 0.0 AS amount
                        WHERE FALSE"""
                ),
                "bank_invoice": SQL(
                    "SELECT 0 AS line_id, 0 AS move_id, 0.0 AS amount WHERE FALSE"
                ),
            }
        return {
            "bank": self._get_bank_lines(company),
            "bank_word": self._get_bank_words(),
            "bank_invoice": self._get_bank_invoices(company),
        }

    @api.model
    def _is_any(self, select) -> bool:
        """Return whether a select finds anything."""
        [(is_any,)] = self.env.execute_query(SQL("SELECT EXISTS (%s)", select))
        return is_any

    @api.model
    def _get_open_bank_lines(self, company) -> SQL:
        return SQL(
            """SELECT FROM account_bank_statement_line line
                WHERE line.company_id = ANY(%s)
                  AND line.is_reconciled IS NOT TRUE AND line.amount > 0""",
            company.parent_ids.ids,
        )

    @api.model
    def _get_bank_lines(self, company) -> SQL:
        """Return a select of (id, debtor_id, currency_id, amount, label).

        The debtor is the line's partner, or else the holder of the bank account that
        the money comes from, or else the one customer of that name; the amount is what
        is not yet matched, in the currency that was transferred. A branch may be paid
        into an account of the company above it.
        """
        return SQL(
            r"""
            SELECT line.id,
                   COALESCE(partner.commercial_partner_id, holder.commercial_partner_id,
                            namesake.commercial_partner_id) AS debtor_id,
                   COALESCE(line.foreign_currency_id, line.currency_id,
                            company.currency_id) AS currency_id,
                   -- what is left of it: part may be matched already
                   CASE WHEN line.amount_residual < 0
                        THEN -line.amount_residual::numeric
                        WHEN line.foreign_currency_id IS NULL
                        THEN line.amount ELSE line.amount_currency END AS amount,
                   UPPER(CONCAT_WS(' ', line.payment_ref, move.ref)) AS label
              FROM account_bank_statement_line line
              JOIN account_move move ON move.id = line.move_id
              JOIN res_company company ON company.id = line.company_id
              LEFT JOIN res_partner partner ON partner.id = line.partner_id
              LEFT JOIN LATERAL (
                  SELECT owner.commercial_partner_id
                    FROM res_partner_bank account
                    JOIN res_partner owner ON owner.id = account.partner_id
                   WHERE account.sanitized_acc_number = UPPER(
                       REGEXP_REPLACE(line.account_number, '\W+', '', 'g'))
                     AND account.active
                   LIMIT 1
              ) holder ON line.partner_id IS NULL AND line.account_number IS NOT NULL
              LEFT JOIN LATERAL (
                  SELECT MIN(owner.commercial_partner_id) AS commercial_partner_id
                    FROM res_partner owner
                   WHERE owner.complete_name = line.partner_name AND owner.active
                  HAVING COUNT(DISTINCT owner.commercial_partner_id) = 1
              ) namesake ON line.partner_id IS NULL AND line.partner_name IS NOT NULL
             WHERE line.company_id = ANY(%s)
               AND line.is_reconciled IS NOT TRUE
               AND line.amount > 0
               AND move.state = 'posted'""",
            company.parent_ids.ids,
        )

    @api.model
    def _get_bank_words(self) -> SQL:
        """Return a select of (word, line_id): what the open bank lines mention.

        Customers and banks write references in their own way: ``INV-2026-7``,
        ``+++123/4567/89012+++``, ``ref INV 2026 7, thanks``. So only letters and digits
        count, and up to six neighbouring groups of them make a word together. Groups
        are not cut, so a number is not taken for the beginning of a longer one; a word
        needs a digit, for "RENT" is said by many.
        """
        return SQL(
            r"""
            SELECT word, MIN(id) AS line_id
              FROM (
                  SELECT split.id, ARRAY_TO_STRING(groups[first:last], '') AS word
                    FROM (
                        SELECT id, STRING_TO_ARRAY(TRIM(REGEXP_REPLACE(
                                   label, '[^[:alnum:]]+', ' ', 'g')), ' ') AS groups
                          FROM bank
                        -- split once a line, joined once a word: not wherever they are
                        -- read
                        OFFSET 0
                    ) split,
                    LATERAL GENERATE_SERIES(1, CARDINALITY(groups)) AS first,
                    LATERAL GENERATE_SERIES(
                        first, LEAST(first + 5, CARDINALITY(groups))) AS last
                  OFFSET 0
              ) said
             WHERE LENGTH(word) >= 4 AND word ~ '[0-9]'
             GROUP BY word"""
        )

    @api.model
    def _get_bank_invoices(self, company) -> SQL:
        """Return a select of (line_id, move_id, amount): open invoices that are named.

        By number, payment reference, or the number of a notice about them. Invoices
        that are settled do not count: money that quotes an old number is still money
        of that debtor.
        """
        said = [
            SQL(
                """
                SELECT bank_word.line_id, named.move_id, named.amount
                  FROM bank_word
                  JOIN LATERAL (%s) named ON TRUE""",
                select,
            )
            for select in (
                *(self._get_named_invoices(company, name) for name in NAMED_BY),
                self._get_named_notices(company),
            )
        ]
        return SQL(" UNION ").join(said)

    @api.model
    def _get_named_invoices(self, company, name) -> SQL:
        """Return a select of (move_id, amount) of what a ``bank_word`` names."""
        # OFFSET: looked up word by word in the index. There are few words; to compare
        # each open invoice with them takes the longer, the larger the company is
        return SQL(
            """SELECT move.id AS move_id, move.amount_residual AS amount
                 FROM account_move move
                WHERE %s = bank_word.word
                  AND move.company_id = %s AND move.state = 'posted'
                  AND move.amount_residual > 0
               OFFSET 0""",
            reference.bare(SQL.identifier("move", name)),
            company.id,
        )

    @api.model
    def _get_named_notices(self, company) -> SQL:
        """Return a select of (move_id, amount): invoices of a notice that is named."""
        return SQL(
            """SELECT move.id AS move_id, move.amount_residual AS amount
                 FROM (
                     SELECT notice.id FROM account_dunning_notice notice
                      WHERE %s = bank_word.word
                        AND notice.company_id = %s AND notice.name IS NOT NULL
                     -- as above: from the word to the notice, not from any item
                     OFFSET 0
                 ) notice
                 JOIN account_dunning_notice_line line ON line.notice_id = notice.id
                 JOIN account_move_line item ON item.id = line.move_line_id
                 JOIN account_move move ON move.id = item.move_id
                WHERE line.state = 'issued' AND move.amount_residual > 0
               OFFSET 0""",
            reference.bare(SQL.identifier("notice", "name")),
            company.id,
        )

    @api.model
    def _get_invoice_money(self, company) -> list[SQL]:
        """Return selects of (move_id, cause_model, cause_id): money that names one.

        Payments in process without a journal entry, bank lines that name the invoice,
        and pending online transactions where the payment engine is installed.
        """
        sources = [
            SQL(
                """SELECT move_id, 'account.bank.statement.line' AS cause_model,
                          line_id AS cause_id
                     FROM bank_invoice"""
            )
        ]
        if self._is_any(self._get_payments_in_process(company)):
            sources.append(
                SQL(
                    """
                    SELECT rel.invoice_id, 'account.payment', payment.id
                      FROM account_move__account_payment rel
                      JOIN (%s) payment ON payment.id = rel.payment_id""",
                    self._get_payments_in_process(company),
                )
            )
        if self._has_transactions(company):
            sources.append(self._get_transaction_money(company))
        return sources

    @api.model
    def _get_payments_in_process(self, company) -> SQL:
        """Return a select of payments that have no journal entry yet."""
        return SQL(
            """SELECT payment.*
                 FROM account_payment payment
                WHERE payment.company_id = %s
                  AND payment.state = 'in_process' AND payment.move_id IS NULL""",
            company.id,
        )

    @api.model
    def _has_transactions(self, company) -> bool:
        """Return whether online payments are under way to the company at all."""
        if "invoice_ids" not in self.env.get("payment.transaction", self)._fields:
            return False
        return self._is_any(
            SQL(
                """SELECT
                     FROM payment_transaction tx
                     JOIN payment_provider provider ON provider.id = tx.provider_id
                    WHERE %s""",
                self._get_under_way(company),
            )
        )

    @api.model
    def _get_transaction_money(self, company) -> SQL:
        """Online payments of invoices that are under way."""
        return SQL(
            """
            SELECT rel.invoice_id, 'payment.transaction', tx.id
              FROM account_invoice_transaction_rel rel
              JOIN payment_transaction tx ON tx.id = rel.transaction_id
              JOIN payment_provider provider ON provider.id = tx.provider_id
             WHERE %s""",
            self._get_under_way(company),
        )

    @api.model
    def _get_under_way(self, company) -> SQL:
        """Return which transactions ``tx`` of a ``provider`` bring money.

        Pending, or done but not yet in the ledger. Who chose to transfer the money has
        only said so: that counts for the days which a transfer takes.
        """
        return SQL(
            """tx.company_id = %s
               AND tx.operation IS DISTINCT FROM 'refund'
               AND (tx.state = 'authorized'
                    OR (tx.state = 'done' AND tx.is_post_processed IS NOT TRUE)
                    OR (tx.state = 'pending'
                        AND (provider.code != 'custom'
                             OR COALESCE(tx.last_state_change, tx.create_date) >= %s)))
            """,
            company.id,
            fields.Date.subtract(company._dunning_today(), days=TRANSFER_DAYS),
        )

    @api.model
    def _get_debtor_money(self, company) -> list[SQL]:
        """Return selects of (debtor_id, currency_id, amount, cause_model, cause_id).

        Money that names the debtor only: what bank lines bring beyond the invoices
        they mention, and payments in process that are for no invoice in particular.
        """
        sources = [
            SQL(
                """
                SELECT bank.debtor_id, bank.currency_id,
                       bank.amount - COALESCE(named.amount, 0) AS amount,
                       'account.bank.statement.line' AS cause_model,
                       bank.id AS cause_id
                  FROM bank
                  LEFT JOIN (
                      SELECT line_id, SUM(amount) AS amount
                        FROM bank_invoice GROUP BY 1
                  ) named ON named.line_id = bank.id
                 WHERE bank.amount > COALESCE(named.amount, 0)"""
            )
        ]
        if self._is_any(self._get_payments_in_process(company)):
            sources.append(
                SQL(
                    """
                    SELECT partner.commercial_partner_id, payment.currency_id,
                           payment.amount, 'account.payment', payment.id
                      FROM (%s) payment
                      JOIN res_partner partner ON partner.id = payment.partner_id
                     WHERE payment.payment_type = 'inbound'
                       AND payment.partner_type = 'customer'
                       AND NOT EXISTS (
                           SELECT FROM account_move__account_payment rel
                            WHERE rel.payment_id = payment.id)""",
                    self._get_payments_in_process(company),
                )
            )
        return sources
