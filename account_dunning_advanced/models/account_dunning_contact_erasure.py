from odoo import api, models
from odoo.tools import SQL

from ..engine import chain

#: What says who was contacted and what was said.
PERSONAL_FIELDS = (
    "partner_id",
    "partner_number",
    "partner_name",
    "notice_id",
    "recipient",
    "template",
    "subject",
    "note",
    "salt",
    "body_hash",
    "attachment_hashes",
    "message_id",
    "decision",
    "override_reason",
    "delivery_proof",
)
#: What is left for figures when only the person is taken out.
FIGURE_FIELDS = ("outcome", "user_id", "delivery_state", "delivery_date")


class AccountDunningContactErasure(models.Model):
    """What the law demands to forget, and a seal that holds all the same.

    Of an erased record its place in the chain and the digest of its text stay. The
    company's record of erasures, itself a chain, names the digests that it took the
    texts from: who blanks a record in the database without it is found, and so is who
    writes another text into an erased one.
    """

    # a room of its own: erasing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.contact"

    # === BUSINESS METHODS === #

    def _is_erased(self):
        """Return whether nothing personal is left; one that was refilled is not."""
        self.ensure_one()
        return bool(self.erasure_id) and not any(self[name] for name in PERSONAL_FIELDS)

    def _erase(self, erasure, keep_figures=False):
        """Take out what the records say; for the record of erasures alone to call.

        :param erasure: the ``account.dunning.erasure`` that names the records.
        :param bool keep_figures: leave what came of the contacts, without the person.
        """
        names = PERSONAL_FIELDS if keep_figures else PERSONAL_FIELDS + FIGURE_FIELDS
        debtors = self.partner_id
        self._erase_messages()
        self.flush_model()
        # write() lets nobody change a contact record, and rightly so
        self.env.cr.execute(
            SQL(
                "UPDATE account_dunning_contact SET %s, erasure_id = %s WHERE id IN %s",
                SQL(", ").join(SQL("%s = NULL", SQL.identifier(n)) for n in names),
                erasure.id,
                tuple(self.ids),
            )
        )
        self.invalidate_model()
        self.env["account.dunning.debtor"]._refresh_pairs_later(
            (erasure.company_id.id, debtor.id) for debtor in debtors
        )

    def _erase_messages(self):
        """Delete the mails and texts that these records are the record of."""
        for model in ("mail.mail", "sms.sms"):
            sent = self.env[model].search([("dunning_contact_id", "in", self.ids)])
            if model == "mail.mail":
                sent.mail_message_id.unlink()
            sent.exists().unlink()

    def _get_links_digest(self):
        """Return one digest over the links and what they said, erased or not."""
        return chain.digest_text(
            chain.canonical(
                {
                    str(contact.chain_number): contact.text_digest
                    for contact in self.sorted("chain_number")
                }
            )
        )

    @api.model
    def _get_wrongly_erased(self, company):
        """Return the records that no erasure of the company's record accounts for."""
        erased = self.sudo().search(
            [("company_id", "=", company.id), ("erasure_id", "!=", False)],
            order="chain_number",
        )
        faults = self.env["account.dunning.erasure"]._get_faults(company)
        wrong = self.browse()
        for erasure, contacts in erased.grouped("erasure_id").items():
            if erasure in faults or not erasure._is_of(contacts):
                wrong |= contacts
        return [
            {"id": contact.id, "number": contact.chain_number, "fault": "erased"}
            for contact in wrong
        ]

    @api.model
    def _describe_erasures(self):
        """Return a line for each rule by which records of the company were erased."""
        counts = self.sudo()._read_group(
            [("company_id", "=", self.env.company.id), ("erasure_id", "!=", False)],
            ["erasure_id.rule"],
            ["__count"],
        )
        return [
            self.env._("%(count)s erased by rule: %(rule)s", count=count, rule=rule)
            for rule, count in counts
        ]
