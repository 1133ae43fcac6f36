import base64
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import split_every

#: The fields by which a record is about somebody, not only names him.
SUBJECT_FIELDS = ("partner_id", "debtor_id")
#: Models of the addons that tell nothing of a person, and why.
NOT_PERSONAL = {
    "account.dunning.absence": "users: when a collector is away",
    "account.dunning.aging.bucket": "set-up",
    "account.dunning.allowance": "sums of many customers; its lines are exported",
    "account.dunning.allowance.rate": "set-up",
    "account.dunning.assignment.rule": "set-up",
    "account.dunning.charge": "set-up",
    "account.dunning.charge.band": "set-up",
    "account.dunning.charge.limit": "law",
    "account.dunning.check": "about the system; its findings are exported",
    "account.dunning.contact.cap": "set-up",
    "account.dunning.contact.rule": "set-up",
    "account.dunning.delay.reason": "set-up",
    "account.dunning.dispute.reason": "set-up",
    "account.dunning.erasure": "names nobody",
    "account.dunning.forecast": "sums of many customers; its items are exported",
    "account.dunning.forecast.week": "sums of many customers",
    "account.dunning.holiday": "law",
    "account.dunning.interest": "set-up",
    "account.dunning.kpi": "sums of many customers",
    "account.dunning.kpi.line": "sums of many customers",
    "account.dunning.level": "set-up",
    "account.dunning.level.outcome": "sums of many customers",
    "account.dunning.payment.order": "set-up",
    "account.dunning.takeover": "about many customers; its findings are exported",
    "account.dunning.takeover.step": "set-up of another software",
    "account.dunning.policy": "set-up",
    "account.dunning.policy.rule": "set-up",
    "account.dunning.priority.rule": "set-up",
    "account.dunning.rate": "law",
    "account.dunning.rate.value": "law",
    "account.dunning.retention": "law",
    "account.dunning.reward": "set-up",
    "account.dunning.team": "users: who works together",
    "account.dunning.text.rule": "set-up",
    "account.dunning.writeoff": "of many customers; its lines are exported",
    "account.dunning.writeoff.reason": "set-up",
}
#: Fields of Odoo's own records that are handed out with them.
CORE_FIELDS = {
    "res.partner": (
        *("name", "email", "phone", "street", "street2", "zip", "city", "country_id"),
        *("vat", "lang", "tz", "comment", "parent_id", "is_company"),
        *("dunning_level_id", "dunning_date", "dunning_kind"),
    ),
    "account.move": (
        *("name", "move_type", "state", "invoice_date", "invoice_date_due", "ref"),
        *("amount_total", "amount_residual", "currency_id", "payment_state"),
        *("partner_id", "dunning_level_id", "dunning_date"),
    ),
    "mail.message": (
        *("date", "subject", "body", "email_from", "model", "res_id", "message_type"),
    ),
    "mail.mail": ("email_to", "state", "failure_reason"),
    "sms.sms": ("number", "body", "state"),
    "rating.rating": ("rating", "feedback", "create_date", "res_model", "res_id"),
    "payment.transaction": (
        *("reference", "create_date", "amount", "currency_id", "state"),
        *("partner_name", "partner_email", "partner_phone", "partner_address"),
        *("partner_zip", "partner_city", "partner_country_id"),
    ),
    "mail.activity": ("summary", "note", "date_deadline", "res_model", "res_id"),
    "ir.attachment": ("name", "mimetype", "create_date", "res_model", "res_id"),
}
# Fields that mean nothing to a reader, and secrets.
SKIPPED = {"create_uid", "write_uid", "write_date", "access_token", "salt"}


class AccountDunningPersonal(models.AbstractModel):
    """Everything that is held on a person, found by the links between the models.

    No list of models could stay complete: whatever has a link to a customer, or to a
    record about one, is found by itself. What has none must be named as not personal,
    with the reason; a test fails for what is neither.
    """

    _name = "account.dunning.personal"
    _description = "Personal Data"

    # === BUSINESS METHODS - MODELS === #

    @api.model
    def _get_modules(self):
        """Return the modules whose models are searched.

        For an addon to have its own records exported, it must add its name.
        """
        return {"account_dunning_advanced"}

    @api.model
    def _get_not_personal(self):
        """Return {model: why} of models that tell nothing of a person.

        For an addon to leave a model out, it must add to this.
        """
        return dict(NOT_PERSONAL)

    @api.model
    def _get_own_models(self):
        """Return the names of the stored models of the addons."""
        return sorted(
            name
            for name, Model in self.env.registry.items()
            if Model._auto
            and not Model._abstract
            and not Model._transient
            and Model._original_module in self._get_modules()
        )

    @api.model
    def _get_links(self):
        """Return {model: fields that lead to a person, or to a record about one}.

        Worked out from the links themselves, until nothing more is reached.
        """
        skipped = self._get_not_personal()
        models_ = [name for name in self._get_own_models() if name not in skipped]
        reached, links = {"res.partner", "account.move"}, defaultdict(set)
        before = -1
        while before != sum(map(len, links.values())):
            before = sum(map(len, links.values()))
            for name in models_:
                for field in self.env[name]._fields.values():
                    if (
                        field.store
                        and field.type in ("many2one", "many2many")
                        and field.comodel_name in reached
                    ):
                        links[name].add(field.name)
            reached |= links.keys()
        for name in models_:
            fields_ = self.env[name]._fields.values()
            if any(f.type == "many2one_reference" for f in fields_):
                links[name] |= {
                    f.name for f in fields_ if f.type == "many2one_reference"
                }
        return {name: sorted(names) for name, names in links.items()}

    # === BUSINESS METHODS - RECORDS === #

    @api.model
    def _collect(self, partner):
        """Return what is held on a commercial partner, and what only names it.

        :return: (about, naming): dicts of model name to records, with all rights. What
            is about somebody else, and names the partner, is in the second.
        """
        # who answers a request must find what others keep from each other
        self = self.sudo().with_context(active_test=False)
        family = self.env["res.partner"].search(
            [("commercial_partner_id", "=", partner.commercial_partner_id.id)]
        )
        links = self._get_links()
        about, naming = {"res.partner": family}, {}
        about["account.move"] = self.env["account.move"].search(
            [
                ("commercial_partner_id", "in", family.ids),
                ("move_type", "in", ("out_invoice", "out_refund", "out_receipt")),
            ]
        )
        grown = True
        while grown:
            grown = False
            for name, names in links.items():
                found = self._find(name, names, about)
                own = found.filtered(lambda record: self._is_about(record, about))
                if len(own) > len(about.get(name, ())):
                    about[name] = own
                    grown = True
                naming[name] = found - own
        self._collect_core(about)
        return about, {name: records for name, records in naming.items() if records}

    def _find(self, name, names, about):
        """Return the records of a model that a link ties to those found."""
        Model = self.env[name]
        found = Model.browse()
        for link in names:
            field = Model._fields[link]
            if field.type == "many2one_reference":
                for target, records in about.items():
                    found |= Model.search(
                        [(field.model_field, "=", target), (link, "in", records.ids)]
                    )
            elif about.get(field.comodel_name):
                found |= Model.search([(link, "in", about[field.comodel_name].ids)])
        return found

    def _is_about(self, record, about):
        """Return whether a record is about the person, and about nobody else."""
        family = about["res.partner"]
        for name in SUBJECT_FIELDS:
            field = record._fields.get(name)
            if (
                field is not None
                and field.store
                and field.comodel_name == "res.partner"
                and record[name]
            ):
                return record[name] in family
        for name in self._get_links()[record._name]:
            field = record._fields[name]
            if field.type == "many2one_reference":
                target = about.get(record[field.model_field])
                if target and record[name] in target.ids:
                    return True
            elif record[name] and (
                field.comodel_name != "res.partner" or field.type == "many2many"
            ):
                known = about.get(field.comodel_name)
                if known and record[name] <= known:
                    return True
        return False

    def _collect_core(self, about):
        """Add Odoo's own records: mails, messages, tasks and attachments."""
        contacts = about.get("account.dunning.contact")
        for model in ("mail.mail", "sms.sms"):
            if contacts:
                about[model] = self.env[model].search(
                    [("dunning_contact_id", "in", contacts.ids)]
                )
        own = [
            name for name in about if name not in CORE_FIELDS or name == "res.partner"
        ]
        table = {
            "mail.message": ("model", "res_id"),
            "mail.activity": ("res_model", "res_id"),
            "ir.attachment": ("res_model", "res_id"),
        }
        for name, (model_field, id_field) in table.items():
            found = self.env[name]
            for model in own:
                for ids in split_every(1000, about[model].ids):
                    domain = [(model_field, "=", model), (id_field, "in", list(ids))]
                    if name == "ir.attachment":
                        domain.append(("res_field", "=", False))
                    found |= found.search(domain)
            about[name] = found
        for name in own:
            for field in self.env[name]._fields.values():
                if field.store and field.comodel_name == "ir.attachment":
                    about["ir.attachment"] |= about[name][field.name]
        about["ir.attachment"] |= about["mail.message"].attachment_ids

    # === BUSINESS METHODS - VALUES === #

    @api.model
    def _to_dict(self, record, about):
        """Return a record as plain values for JSON; other persons are left out."""
        names = CORE_FIELDS.get(record._name) or [
            name
            for name, field in record._fields.items()
            if field.store and field.type != "one2many" and name not in SKIPPED
        ]
        return {
            "id": record.id,
            **{
                name: self._to_value(record, record._fields[name], about)
                for name in names
                if name in record._fields
            },
        }

    def _to_value(self, record, field, about):
        value = record[field.name]
        if field.relational:
            return self._to_links(value, about)
        if field.type in ("date", "datetime"):
            return value and value.isoformat()
        if field.type == "binary":
            # contents come in base64, but for those of attachments
            is_raw = field.model_name == "ir.attachment" and field.name == "raw"
            return value and (base64.b64encode(value) if is_raw else value).decode()
        if field.type in ("char", "text", "html", "selection"):
            return str(value) if value else None
        return value

    def _to_links(self, records, about):
        """Return links by id and, where the name is no other person's, by name."""
        known = about.get(records._name, ())
        if records._name in ("res.partner", "res.users"):
            family = about["res.partner"]
            # whose contact a person is, is nobody's secret
            named = family | family.commercial_partner_id.filtered("is_company")
            is_user = records._name == "res.users"
            kept = records.filtered(
                lambda record: (record.partner_id if is_user else record) in named
            )
            return [{"id": record.id, "name": record.display_name} for record in kept]
        return [
            {
                "id": record.id,
                **(
                    {"name": record.display_name}
                    if record in known or self._is_nameable(record)
                    else {}
                ),
            }
            for record in records
        ]

    @api.model
    def _is_nameable(self, record):
        """Return whether a record's name is that of nobody: set-up, or the ledger's."""
        return record._name not in self._get_links() and record._name not in (
            "mail.message",
            "mail.activity",
            "ir.attachment",
        )

    @api.model
    def _to_mention(self, record, about):
        """Return where a record about somebody else names the person, and no more."""
        family = about["res.partner"]
        labels = [
            record._fields[name]._description_string(self.env)
            for name in self._get_links()[record._name]
            if record._fields[name].comodel_name == "res.partner"
            and record[name] & family
        ]
        return {
            "id": record.id,
            "named_as": labels,
            "date": fields.Datetime.to_string(record.create_date)
            if "create_date" in record._fields
            else None,
        }
