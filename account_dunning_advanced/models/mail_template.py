from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize

from ..engine.plain_text import from_html
from .account_dunning_gate_queue import TemplateName
from .account_dunning_guard import GUARD_SENTINEL
from .ir_actions_report import ATTACHED_KEY
from .ir_qweb import CompiledOnce

# What a template renders for each e-mail.
RENDERED_FIELDS = (
    *("subject", "body_html", "email_from", "reply_to"),
    *("email_to", "email_cc", "partner_to", "lang"),
)


class MailTemplate(models.Model):
    _inherit = "mail.template"

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains(*RENDERED_FIELDS)
    def _check_dunning_template(self):
        """Try what debtors are written out when it is saved, not in mid-run.

        :raise ValidationError: it cannot be rendered, or its texts break a rule.
        """
        for template in self.filtered("model"):
            self._check_dunning_texts(
                template, RENDERED_FIELDS, {"subject": "subject", "mail": "body_html"}
            )

    @api.model
    def _check_dunning_texts(self, template, names, places):
        """Check a template of mails or messages in every language.

        :param names: the fields that are rendered.
        :param dict places: {place of the text rules: field}.
        :raise ValidationError: see :meth:`_check_dunning_template`.
        """
        gated = self.env["account.dunning.gate"]._get_gated_models()
        # templates that come with an addon come before its tables are there
        if not self.env.registry.ready or template.model not in gated:
            return
        rules = (
            self.env["account.dunning.text.rule"]
            ._find_for_company(self.env.company)
            ._get_certain()
        )
        with self._get_dunning_sample(template.model) as sample:
            for lang, _name in self.env["res.lang"].get_installed():
                spoken = template.with_context(lang=lang)
                rendered = {
                    name: self._render_dunning_sample(spoken, name, sample)
                    for name in names
                }
                for place, name in places.items():
                    # the source too: a sample may owe nothing
                    texts = (spoken[name] or "", rendered[name])
                    rules._check({place: "\n".join(map(from_html, texts))}, spoken.name)

    @api.model
    @contextmanager
    def _get_dunning_sample(self, model):
        """Give the block a record to try texts out on; it may be an empty recordset.

        For an addon to make one up for a model of its own, it must override this.
        """
        if model == "account.dunning.notice":
            level = self.env["account.dunning.level"].search([], limit=1)
            if level:
                with self.env[model]._sample(level) as notice:
                    yield notice.sudo()
                return
        with self.env.cr.savepoint() as savepoint:
            try:
                yield self.env[model].sudo().search([], order="id desc", limit=1)
            finally:
                savepoint.rollback()

    @api.model
    def _render_dunning_sample(self, template, name, sample):
        """:raise ValidationError: a field cannot be rendered."""
        if not sample:
            return ""
        try:
            return str(template.sudo()._render_field(name, sample.ids)[sample.id] or "")
        except Exception as error:  # whatever the template runs into
            raise ValidationError(
                self.env._(
                    "%(field)s of “%(template)s” cannot be rendered: %(error)s",
                    field=template._fields[name]._description_string(self.env),
                    template=template.name,
                    error=error,
                )
            ) from error

    # === BUSINESS METHODS === #

    @api.model
    def _render_template_qweb(
        self, template_src, model, res_ids, add_context=None, options=None
    ):
        if model.startswith("account.dunning."):
            self = self.with_context(dunning_compiled=CompiledOnce())
        return super()._render_template_qweb(
            template_src, model, res_ids, add_context=add_context, options=options
        )

    def _generate_template(
        self,
        res_ids,
        render_fields,
        recipients_allow_suggested=False,
        find_or_create_partners=False,
    ):
        results = super()._generate_template(
            res_ids,
            render_fields,
            recipients_allow_suggested=recipients_allow_suggested,
            find_or_create_partners=find_or_create_partners,
        )
        if self.model and self.model.startswith("account.dunning."):
            self._divert_to_test_address(results)
        return results

    def _divert_to_test_address(self, results):
        """Send all to one address where the company tries dunning out.

        The subject names who would have received it.
        """
        records = self.env[self.model].browse(results)
        for company, of_company in records.grouped("company_id").items():
            address = company.sudo().dunning_test_email
            if not address:
                continue
            for record in of_company:
                values = results[record.id]
                partners = self.env["res.partner"].browse(values.get("partner_ids"))
                names = [
                    *partners.mapped(lambda p: p.email_normalized or p.display_name),
                    email_normalize(values.get("email_to")),
                ]
                values.update(partner_ids=[], email_to=address, email_cc=False)
                if values.get("subject"):
                    values["subject"] = self.env._(
                        "[TEST for %(recipients)s] %(subject)s",
                        recipients=", ".join(filter(None, names)),
                        subject=values["subject"],
                    )

    def send_mail_batch(
        self,
        res_ids,
        force_send=False,
        raise_exception=False,
        email_values=None,
        email_layout_xmlid=False,
    ):
        """Let the contact record name the template."""
        named = self.with_context(dunning_template_name=TemplateName(self.name))
        return super(MailTemplate, named).send_mail_batch(
            res_ids,
            force_send=force_send,
            raise_exception=raise_exception,
            email_values=email_values,
            email_layout_xmlid=email_layout_xmlid,
        )

    def _generate_template_attachments(
        self, res_ids, render_fields, render_results=None
    ):
        """Attach the notice's letter as it was rendered, instead of rendering anew."""
        attaching = self.with_context(**{ATTACHED_KEY: GUARD_SENTINEL})
        results = super(MailTemplate, attaching)._generate_template_attachments(
            res_ids, render_fields, render_results=render_results
        )
        if self.model == "account.dunning.notice" and "attachment_ids" in render_fields:
            notices = self.env[self.model].browse(res_ids)
            for notice_id, attachments in notices._get_mail_attachments().items():
                if attachments:
                    values = results.setdefault(notice_id, {})
                    values["attachment_ids"] = [
                        *values.get("attachment_ids", []),
                        *attachments.ids,
                    ]
        return results
