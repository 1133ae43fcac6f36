import re
from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain

#: By what a person is known in texts.
ADDRESS_FIELDS = ("name", "email", "email_normalized", "phone", "phone_sanitized")
#: Texts as a whole: no part of a longer name, address or number.
WHOLE = r"(?<![\w.+-])(?:%s)(?![\w-]|\.\w)"


@dataclass(frozen=True)
class People:
    """By what the people of a company are known in texts, in small letters."""

    family: models.Model
    pattern: re.Pattern
    own: set
    others: set

    def get_said(self, text):
        """Return which of their names and addresses a text says."""
        return set(self.pattern.findall((text or "").casefold()))


class AccountDunningPersonalContact(models.AbstractModel):
    """What is held on one person of a company, and nothing of the colleagues.

    A company's records are not the contact person's: the copy that a person gets must
    not adversely affect others (GDPR art. 15(4)). So only what names the person is in
    it: what was addressed to, promised, signed, written or received by that person.
    Erasing goes by the same.
    """

    # a room of its own: contact persons
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.personal"

    # === BUSINESS METHODS - RECORDS === #

    @api.model
    def _collect(self, partner):
        """Return what is held on a commercial partner, or on one of its contacts."""
        if partner == partner.commercial_partner_id:
            return super()._collect(partner)
        # who answers a request must find what others keep from each other
        self = self.sudo().with_context(active_test=False)
        person = partner.with_env(self.env)
        people = self._get_people(person)
        about, naming = {"res.partner": person}, {}
        about["account.move"] = self.env["account.move"].search(
            [
                "|",
                ("partner_id", "=", person.id),
                ("partner_shipping_id", "=", person.id),
                ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ]
        )
        for name in self._get_links():
            found = self._find_naming(name, people, person)
            about[name] = found.filtered(
                lambda record: self._names_no_colleague(record, people, person)
            )
            naming[name] = found - about[name]
        self._collect_messages(about, person)
        return about, {name: records for name, records in naming.items() if records}

    @api.model
    def _find_naming(self, name, people, person):
        """Return the records of a model that name a person."""
        Model = self.env[name]
        links = {
            "res.partner": person.ids,
            # what customers do in the portal is theirs; users of the company are none
            "res.users": person.user_ids.filtered("share").ids,
        }
        domains = [
            Domain(field.name, "in", ids)
            for field in Model._fields.values()
            if field.store and field.type in ("many2one", "many2many")
            for ids in [links.get(field.comodel_name)]
            if ids
        ]
        found = Model.search(Domain.OR(domains)) if domains else Model
        for field_name in self._get_address_fields():
            if field_name in Model._fields and "partner_id" in Model._fields:
                found |= self._find_addressed(Model, field_name, people)
        return found

    @api.model
    def _get_address_fields(self):
        """Return the texts in which a customer's record says whom it came from or to.

        For an addon to have another one searched, it must add its name.
        """
        return {"recipient", "email_from"}

    @api.model
    def _find_addressed(self, Model, name, people):
        """Return the company's records that say a person's own name or address."""
        return Model.search(
            [("partner_id", "in", people.family.ids), (name, "not in", [False, ""])]
        ).filtered(lambda record: people.get_said(record[name]) & people.own)

    @api.model
    def _get_people(self, person):
        """Return by what a person and the colleagues are known in texts.

        What several use tells of none of them, nor does what is the company's.
        """
        company = person.commercial_partner_id
        family = self.env["res.partner"].search(
            [("commercial_partner_id", "=", company.id)]
        )
        own, others, shared = (
            {
                partner[name].strip().casefold()
                for partner in partners
                for name in ADDRESS_FIELDS
                if (partner[name] or "").strip()
            }
            for partners in (person, family - person - company, company)
        )
        # the longest first: in the name of one, that of another may stand
        texts = sorted(own | others | shared, key=len, reverse=True)
        pattern = re.compile(WHOLE % "|".join(map(re.escape, texts)))
        return People(family, pattern, own - others - shared, others - own - shared)

    @api.model
    def _names_no_colleague(self, record, people, person):
        """Return whether a record can be handed out; links to others are left out."""
        return not any(
            people.get_said(record[name]) & people.others
            for name in self._get_address_fields()
            if name in record._fields
        ) and all(
            record[field.name] <= person
            for field in record._fields.values()
            if field.store
            and field.type == "many2many"
            and field.comodel_name == "res.partner"
        )

    @api.model
    def _collect_messages(self, about, person):
        """Add what a person wrote or was sent, and the papers that belong to it.

        For an addon to add other records of Odoo's own, it must override this method.
        """
        own = [*self._get_links(), "res.partner"]
        about_person = Domain("model", "=", "res.partner")
        about_person &= Domain("res_id", "=", person.id)
        about["mail.message"] = self.env["mail.message"].search(
            Domain("model", "in", own)
            & (
                Domain("author_id", "=", person.id)
                | Domain("partner_ids", "in", person.ids)
                | Domain("notified_partner_ids", "in", person.ids)
                | (
                    Domain("model", "=", "res.partner")
                    & Domain("res_id", "=", person.id)
                )
            )
        )
        is_ours = Domain("dunning_contact_id", "!=", False)
        of_records = Domain(
            "dunning_contact_id", "in", about["account.dunning.contact"].ids
        )
        about["mail.mail"] = self.env["mail.mail"].search(
            is_ours & (of_records | Domain("recipient_ids", "in", person.ids))
        )
        about["sms.sms"] = self.env["sms.sms"].search(
            is_ours & (of_records | Domain("partner_id", "=", person.id))
        )
        on_person = [("res_model", "=", "res.partner"), ("res_id", "=", person.id)]
        about["mail.activity"] = self.env["mail.activity"].search(on_person)
        attachments = about["mail.message"].attachment_ids
        attachments |= attachments.search([*on_person, ("res_field", "=", False)])
        for name in self._get_links():
            for field in self.env[name]._fields.values():
                if field.store and field.comodel_name == "ir.attachment":
                    attachments |= about[name][field.name]
        about["ir.attachment"] = attachments
