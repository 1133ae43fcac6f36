import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import html2plaintext, split_every

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL

_logger = logging.getLogger(__name__)

#: Records erased at once, and told in one record of erasure.
BATCH = 500


class AccountDunningRetentionErasing(models.Model):
    """Erasing what the rules say, and keeping a record of it that names nobody."""

    # a room of its own: erasing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.retention"

    failure = fields.Text(
        string="Last Failure",
        company_dependent=True,
        readonly=True,
        copy=False,
        help="Why the rule could not erase all that it should have, last night.",
    )

    # === BUSINESS METHODS === #

    def _erase(self, records, company, **values):
        """Erase records of the rule's kind, by its action, and keep that it was done.

        :param records: at most a batch; of one company.
        :param values: of the record of erasure: ``basis``, ``reference``.
        :return: the record of erasure.
        """
        self.ensure_one()
        kind = self._get_kinds()[self.kind]
        action = self._get_action()
        is_contact = kind.model == "account.dunning.contact"
        # nobody has a right to write records of erasures, or to erase
        erasure = (
            self.env["account.dunning.erasure"]
            .sudo()
            .create(
                {
                    "company_id": company.id,
                    "kind": self.kind,
                    "action": action,
                    "rule": self._get_text(),
                    "count": len(records),
                    "user_id": self.env.uid,
                    "links_digest": is_contact and records._get_links_digest(),
                    **values,
                }
            )
        )
        records = records.sudo().with_context(
            **{GUARD_KEY: GUARD_SENTINEL, MODULE_UNINSTALL_FLAG: True},
            tracking_disable=True,
            mail_notrack=True,
        )
        if is_contact:
            self._delete_notes_until(records, company)
            records._erase(erasure, keep_figures=action == "pseudonymise")
        elif action == "delete":
            self._delete(records)
        else:
            self._pseudonymise(records)
        return erasure

    def _get_action(self):
        """Return what is done with the kind, also on request where a rule keeps it."""
        self.ensure_one()
        if self.action != "keep":
            return self.action
        return self._get_kinds()[self.kind].actions[0]

    def _delete(self, records):
        """Delete records with their papers; for an addon to delete more with them."""
        self._delete_papers(records)
        records.unlink()

    def _pseudonymise(self, records):
        """Empty what names a person or was said; dates and amounts stay."""
        kind = self._get_kinds()[self.kind]
        if kind.papers:
            self._delete_papers(records)
        if kind.model == "account.dunning.hold":
            self._delete_told(records)
        vals = {name: self._get_blank(records, name) for name in kind.cleared}
        records.exists().write(vals)

    @api.model
    def _delete_papers(self, records, until=None):
        """Delete the attachments of records, and the messages about them.

        :param datetime until: only what is from until then; None for all.
        """
        about = Domain("res_id", "in", records.ids)
        written = Domain("date", "<=", until) if until else Domain.TRUE
        added = Domain("create_date", "<=", until) if until else Domain.TRUE
        # messages and files are everybody's: whoever erases has been looked at before
        self.env["mail.message"].sudo().search(
            about & Domain("model", "=", records._name) & written
        ).unlink()
        # fields that are kept as attachments are no papers
        self.env["ir.attachment"].sudo().search(
            about
            & Domain("res_model", "=", records._name)
            & Domain("res_field", "=", False)
            & added
        ).unlink()

    # === BUSINESS METHODS - NOTES === #

    def _delete_notes_until(self, contacts, company):
        """Delete what was noted on customers until their last of these contacts.

        Notes say what contact records say, and are kept as long.
        """
        for partner, of_partner in contacts.grouped("partner_id").items():
            until = max(of_partner.mapped("date"))
            self._delete_papers(self._get_rows(partner, company), until)

    @api.model
    def _delete_notes(self, rows):
        """Delete notes, files and tasks on debtors' rows, done ones as well."""
        self._delete_papers(rows)
        tasks_sudo = self.env["mail.activity"].sudo().with_context(active_test=False)
        tasks_sudo.search(
            [("res_model", "=", rows._name), ("res_id", "in", rows.ids)]
        ).unlink()

    @api.model
    def _delete_told(self, holds):
        """Delete the lines on debtors' rows that tell why there were these holds."""
        groups = holds.grouped(lambda hold: (hold.company_id, hold.debtor_id))
        for (company, debtor), of_debtor in groups.items():
            ends = tuple(f": {reason}" for reason in of_debtor.mapped("reason"))
            rows = self._get_rows(debtor, company)
            told_sudo = (
                self.env["mail.message"]
                .sudo()
                .search([("model", "=", rows._name), ("res_id", "in", rows.ids)])
            )
            told_sudo.filtered(
                lambda message, ends=ends: (
                    html2plaintext(message.body).strip().endswith(ends)
                )
            ).unlink()

    @api.model
    def _get_rows(self, partners, company):
        """Return the rows of debtors with all rights, for what hangs on them."""
        return (
            self.env["account.dunning.debtor"]
            .sudo()
            .with_context(active_test=False)
            .search(
                [("partner_id", "in", partners.ids), ("company_id", "=", company.id)]
            )
        )

    # === CRON METHODS === #

    @api.model
    def _cron_erase(self):
        """Erase what the rules say, in the companies that switched it on."""
        companies = self.env["res.company"].search(
            [("dunning_retention_active", "=", True)]
        )
        for company in companies:
            for rule in self._get_rules(company).with_company(company):
                if rule.action != "keep" and not rule._erase_due(company):
                    return

    def _erase_due(self, company):
        """Erase all that is due of one kind, a batch a transaction.

        What fails keeps neither the other batches nor the other rules waiting. It is
        kept as the rule's failure, which the self-check finds, until a night goes well.

        :return: whether there was time to finish.
        """
        self.ensure_one()
        failures = []
        due = self._try(failures, lambda: self._get_due(company).ids) or []
        progress = self.env["ir.cron"]
        if due:
            progress._commit_progress(remaining=len(due))
        finished = True
        for ids in split_every(BATCH, due):
            self._try(failures, lambda ids=ids: self._erase_batch(ids, company))
            if not progress._commit_progress(len(ids)):
                finished = False
                break
        self._note_failure(failures)
        return finished

    def _erase_batch(self, ids, company):
        kind = self._get_kinds()[self.kind]
        records = self.env[kind.model].sudo().browse(ids).exists()
        if records:
            self._erase(records, company)

    def _try(self, failures, act):
        """Return what ``act()`` returns; or undo it, and add why to the failures."""
        try:
            with self.env.cr.savepoint():
                return act()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # nobody's fault: the job is tried again as a whole
            raise
        except Exception as error:
            self.env.invalidate_all(flush=False)
            _logger.warning("retention rule %s failed", self.id, exc_info=True)
            failures.append(str(error) or type(error).__name__)
            return None

    def _note_failure(self, failures):
        """Keep why the rule failed for the current company, or that it did not."""
        # said once, though many batches fail of it
        text = "\n".join(dict.fromkeys(failures)) or False
        if self.failure != text:
            # nobody has a right to write on the rules that are shipped
            self.sudo().failure = text
