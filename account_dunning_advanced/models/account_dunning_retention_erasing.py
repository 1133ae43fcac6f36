from odoo import api, models
from odoo.tools import split_every

from odoo.addons.base.models.ir_model import MODULE_UNINSTALL_FLAG

from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL

#: Records erased at once, and told in one record of erasure.
BATCH = 500


class AccountDunningRetentionErasing(models.Model):
    """Erasing what the rules say, and keeping a record of it that names nobody."""

    # a room of its own: erasing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.retention"

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
        vals = {name: self._get_blank(records, name) for name in kind.cleared}
        records.exists().write(vals)

    @api.model
    def _delete_papers(self, records):
        """Delete the attachments of records, and the messages about them."""
        about = [("res_id", "in", records.ids)]
        messages = self.env["mail.message"].sudo()
        messages.search([("model", "=", records._name), *about]).unlink()
        # fields that are kept as attachments are no papers
        papers = self.env["ir.attachment"].sudo()
        papers.search(
            [("res_model", "=", records._name), ("res_field", "=", False), *about]
        ).unlink()

    # === CRON METHODS === #

    @api.model
    def _cron_erase(self):
        """Erase what the rules say, in the companies that switched it on."""
        companies = self.env["res.company"].search(
            [("dunning_retention_active", "=", True)]
        )
        for company in companies:
            for rule in self._get_rules(company):
                if rule.action != "keep" and not rule._erase_due(company):
                    return

    def _erase_due(self, company):
        """Erase all that is due of one kind, a batch a transaction.

        :return: whether there was time to finish.
        """
        self.ensure_one()
        due = self._get_due(company)
        progress = self.env["ir.cron"]
        if not due:
            return True
        progress._commit_progress(remaining=len(due))
        for ids in split_every(BATCH, due.ids):
            records = due.browse(ids).exists()
            if records:
                self._erase(records, company)
            if not progress._commit_progress(len(ids)):
                return False
        return True
