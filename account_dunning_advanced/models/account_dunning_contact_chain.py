import logging

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL, split_every

from ..engine import chain

_logger = logging.getLogger(__name__)

# Where a transaction keeps the companies whose new contacts are to be sealed.
SEAL_KEY = "account_dunning_contact_seal"
# Links read at once; a chain of a million must not fill the memory.
LINKS_AT_ONCE = 2000
# A record that is not sealed after so many hours was kept from it.
SEAL_HOURS = 25


class AccountDunningContactChain(models.Model):
    """The seals: each contact of a company follows the one before it.

    New records are sealed right after the commit, in a transaction of its own. Were it
    done in the same one, the chain would queue up all writers of a company: Odoo's
    transactions do not see what was committed since they began, so of two that run at
    once the longer (a batch of letters) would fail whenever somebody logged a call.
    What a crash leaves unsealed, the daily job seals.
    """

    # a room of its own: the seals
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.contact"

    # === BUSINESS METHODS - SEALING === #

    def _seal_later(self):
        """Have the new records sealed once they are committed."""
        postcommit = self.env.cr.postcommit
        if SEAL_KEY not in postcommit.data:
            postcommit.data[SEAL_KEY] = set()
            postcommit.add(self.sudo()._seal_committed)
        postcommit.data[SEAL_KEY].update(self.company_id.ids)

    @api.model
    def _seal_committed(self):
        """Seal what has just been committed."""
        company_ids = self.env.cr.postcommit.data.pop(SEAL_KEY, set())
        try:
            with self.env.registry.cursor() as cr:
                # so that the head is read after the lock was granted, not before
                cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                env = api.Environment(cr, SUPERUSER_ID, {})
                # in one order, or two workers wait for each other
                for company in env["res.company"].browse(sorted(company_ids)):
                    env[self._name]._seal(company)
        except psycopg2.Error:
            _logger.warning("contact records left to the daily sealing", exc_info=True)

    @api.model
    def _seal(self, company):
        """Append a company's unsealed contacts to its chain, in two statements.

        The lock makes writers take turns; that no link has two successors is the
        unique index's business, whatever the isolation.

        :return: how many were sealed.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT pg_advisory_xact_lock(hashtext(%s), %s)",
                self._table,
                company.id,
            )
        )
        self.invalidate_model()
        fresh = self.sudo().search(
            [("company_id", "=", company.id), ("chain_number", "=", False)], order="id"
        )
        if not fresh:
            return 0
        number, head = self._get_head(company)
        hashes = list(chain.extend(head, (contact._get_text() for contact in fresh)))
        self.env.cr.execute(
            SQL(
                """UPDATE account_dunning_contact contact
                      SET chain_number = link.number, previous_hash = link.previous,
                          text_digest = link.text, chain_hash = link.own
                     FROM UNNEST(%s, %s, %s, %s, %s)
                          AS link(id, number, previous, text, own)
                    WHERE contact.id = link.id AND contact.chain_number IS NULL""",
                fresh.ids,
                list(range(number + 1, number + 1 + len(fresh))),
                *map(list, zip(*hashes, strict=True)),
            )
        )
        self.invalidate_model([*self._get_seal_fields()])
        return len(fresh)

    @api.model
    def _get_seal_fields(self):
        return ["chain_number", "previous_hash", "text_digest", "chain_hash"]

    @api.model
    def _get_head(self, company):
        """Return (number, hash) of the last link of a company's chain."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT chain_number, chain_hash FROM account_dunning_contact
                    WHERE company_id = %s AND chain_number IS NOT NULL
                    ORDER BY chain_number DESC LIMIT 1""",
                company.id,
            )
        )
        return rows[0] if rows else (0, chain.GENESIS)

    # === BUSINESS METHODS - CHECKING === #

    @api.model
    def _check_chain(self, company):
        """Return what is wrong with a company's contact records.

        What was cut off at the end leaves no trace here: compare the last seal with
        one that was printed before.

        :return: list of dicts: ``id`` and ``number`` of the link, ``fault`` (changed,
            relinked, missing: some before it; moved: to another customer; unsealed;
            erased: by nothing that the company's record of erasures tells of).
        """
        self.flush_model()
        self.env.invalidate_all()
        contacts = self.sudo().search(
            [("company_id", "=", company.id), ("chain_number", "!=", False)],
            order="chain_number",
        )
        ids = {}
        faults = []

        def links():
            for chunk in split_every(LINKS_AT_ONCE, contacts.ids):
                for contact in self.sudo().browse(chunk):
                    ids[contact.chain_number] = contact.id
                    yield chain.Link(
                        contact.chain_number,
                        None if contact._is_erased() else contact._get_text(),
                        contact.text_digest or "",
                        contact.previous_hash or chain.GENESIS,
                        contact.chain_hash or "",
                    )
                faults.extend(self.sudo().browse(chunk)._get_moved())
                self.env.invalidate_all()

        faults += [
            {"id": ids[number], "number": number, "fault": fault}
            for number, fault in chain.broken(links())
        ]
        return [
            *faults,
            *self._get_wrongly_erased(company),
            *self._get_unsealed(company),
        ]

    def _get_moved(self):
        """Return the records that name another customer than the one they were about.

        After a merge the old customer is gone, and the new one is right.
        """
        suspects = self.filtered(
            lambda c: not c.erasure_id and c.partner_id.id != c.partner_number
        )
        partners = self.env["res.partner"].browse(suspects.mapped("partner_number"))
        still_there = set(partners.sudo().exists().ids)
        return [
            {"id": contact.id, "number": contact.chain_number, "fault": "moved"}
            for contact in suspects
            if contact.partner_number in still_there
        ]

    @api.model
    def _get_unsealed(self, company):
        limit = fields.Datetime.subtract(fields.Datetime.now(), hours=SEAL_HOURS)
        unsealed = self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("chain_number", "=", False),
                ("create_date", "<", limit),
            ]
        )
        return [
            {"id": contact.id, "number": 0, "fault": "unsealed"} for contact in unsealed
        ]

    @api.model
    def _describe_faults(self, faults):
        """Return for a person to read what a check found."""
        number, head = self._get_head(self.env.company)
        if not faults:
            text = self.env._(
                "%(count)s records, none changed. The last seal is %(seal)s.",
                count=number,
                seal=head[:16] or "–",
            )
            return "\n".join([text, *self._describe_erasures()])
        names = {
            "changed": self.env._("changed"),
            "relinked": self.env._("does not follow the one before it"),
            "missing": self.env._("records before it are missing"),
            "moved": self.env._("moved to another customer"),
            "unsealed": self.env._("never sealed"),
            "erased": self.env._("erased, but not by the rule it names"),
        }
        return "\n".join(
            self.env._(
                "Link %(number)s (record %(id)s): %(fault)s",
                number=fault["number"],
                id=fault["id"],
                fault=names[fault["fault"]],
            )
            for fault in faults[:10]
        )

    # === CRON METHODS === #

    @api.model
    def _cron_seal(self):
        """Seal what a crash left unsealed."""
        companies = self.env["res.company"].search([("active", "in", [True, False])])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self._seal(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break
