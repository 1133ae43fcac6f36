"""The customers of a ledger, with contacts and addresses."""

from odoo.tools import SQL

from .rows import Rows


class Debtors(Rows):
    def copy_debtors(self, debtor, contact):
        """Multiply the customer; ``bench_debtor`` numbers them from 0."""
        self._execute(
            """
            CREATE TEMP TABLE bench_debtor AS
            SELECT n, CASE WHEN n = 0 THEN %(first)s
                           ELSE NEXTVAL('res_partner_id_seq') END::int AS id,
                   %(flag)s < %(with_email)s AS has_email,
                   %(flag)s < (100 + %(with_email)s) / 2 AS has_street,
                   %(kind)s < %(with_contact)s AS has_contact
              FROM GENERATE_SERIES(0, %(last)s::bigint - 1) n""",
            first=debtor.id,
            flag=self._draw("flag", 100),
            kind=self._draw("kind", 100),
            with_email=self.ledger.with_email,
            with_contact=self.ledger.with_contact,
            last=self.ledger.debtors,
        )
        self._copy_companies(debtor)
        self._copy_contacts(contact)

    def _copy_companies(self, debtor):
        name = SQL("CONCAT('Debtor ', LPAD((n + 1)::text, 7, '0'))")
        email = SQL(
            "CASE WHEN has_email THEN CONCAT('debtor', n + 1, '@example.com') END"
        )
        address = {
            name: SQL("CASE WHEN has_street THEN proto.%s END", SQL.identifier(name))
            for name in ("street", "zip", "city")
        }
        self._copy(
            "res_partner",
            SQL(
                """FROM bench_debtor debtor JOIN res_partner proto ON proto.id = %s
                  WHERE n > 0 ORDER BY n""",
                debtor.id,
            ),
            {
                "id": SQL("debtor.id"),
                "commercial_partner_id": SQL("debtor.id"),
                "name": name,
                "complete_name": name,
                "email": email,
                "email_normalized": email,
                **address,
            },
        )

    def _copy_contacts(self, contact):
        name = SQL("CONCAT('Accounts Payable ', LPAD((n + 1)::text, 7, '0'))")
        email = SQL("CONCAT('payable', n + 1, '@example.com')")
        self._copy(
            "res_partner",
            SQL(
                """FROM bench_debtor debtor JOIN res_partner proto ON proto.id = %s
                  WHERE n > 0 AND has_contact ORDER BY n""",
                contact.id,
            ),
            {
                "parent_id": SQL("debtor.id"),
                "commercial_partner_id": SQL("debtor.id"),
                "name": name,
                "complete_name": SQL(
                    "CONCAT('Debtor ', LPAD((n + 1)::text, 7, '0'), ', ', %s)", name
                ),
                "email": email,
                "email_normalized": email,
            },
        )
