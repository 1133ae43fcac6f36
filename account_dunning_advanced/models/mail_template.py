from odoo import models


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def send_mail_batch(
        self,
        res_ids,
        force_send=False,
        raise_exception=False,
        email_values=None,
        email_layout_xmlid=False,
    ):
        """Let the contact record name the template."""
        return super(
            MailTemplate, self.with_context(dunning_template_name=self.name)
        ).send_mail_batch(
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
        results = super()._generate_template_attachments(
            res_ids, render_fields, render_results=render_results
        )
        if self.model == "account.dunning.notice" and "attachment_ids" in render_fields:
            for notice in self.env[self.model].browse(res_ids):
                if notice.attachment_id:
                    values = results.setdefault(notice.id, {})
                    values["attachment_ids"] = [
                        *values.get("attachment_ids", []),
                        notice.attachment_id.id,
                    ]
        return results
