from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import email_normalize, html2plaintext

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
        """Try a template of notices out when it is saved, not in the middle of a run.

        :raise ValidationError: it cannot be rendered, or its texts break a rule.
        """
        if not self.env.registry.ready:
            return  # templates that come with an addon, before its tables are there
        for template in self.filtered(lambda t: t.model == "account.dunning.notice"):
            template._check_dunning_rendering()
            rules = (
                self.env["account.dunning.text.rule"]
                ._find_for_company(self.env.company)
                ._get_certain()
            )
            texts = {
                "subject": template.subject,
                "mail": html2plaintext(template.body_html or ""),
            }
            rules._check(texts, template.name)

    def _check_dunning_rendering(self):
        """:raise ValidationError: a field cannot be rendered."""
        self.ensure_one()
        level = self.env["account.dunning.level"].search([], limit=1)
        if not level:
            return
        with self.env["account.dunning.notice"]._sample(level) as notice:
            for name in RENDERED_FIELDS:
                try:
                    self.sudo()._render_field(name, notice.ids)
                except Exception as error:  # whatever the template runs into
                    raise ValidationError(
                        self.env._(
                            "%(field)s of “%(template)s” cannot be rendered: %(error)s",
                            field=self._fields[name]._description_string(self.env),
                            template=self.name,
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
