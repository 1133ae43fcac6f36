from odoo import api, fields, models

from ..engine.plain_text import from_html

# What is said in a level's own words.
TEXTS = ("name", "letter_intro", "letter_closing", "call_script")
TEMPLATES = ("mail_template_id", "sms_template_id")


class AccountDunningLevelText(models.Model):
    """Checking a level's texts: against the rules, and that they can be rendered."""

    # a room of its own: texts
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.level"

    text_warning = fields.Text(compute="_compute_text_warning")

    # === COMPUTE METHODS === #

    @api.depends(*TEXTS, *TEMPLATES)
    def _compute_text_warning(self):
        rules = self.env["account.dunning.text.rule"]
        for level in self:
            found = rules._find_for_company(level._get_text_company())
            # said once, though several languages break it
            findings = {
                finding: None
                for texts in level._get_texts()
                for finding in found._get_findings(texts)
            }
            level.text_warning = rules._format(findings)

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains(*TEXTS, *TEMPLATES)
    def _check_texts(self):
        for level in self:
            rules = self.env["account.dunning.text.rule"]._find_for_company(
                level._get_text_company()
            )
            level._check_texts_by(rules._get_certain())

    # === ACTION METHODS === #

    def action_preview(self):
        """Look at the letter and the e-mail of the level."""
        self.ensure_one()
        return self.env["account.dunning.preview"]._open(
            level_id=self.id, company_id=(self.company_id or self.env.company).id
        )

    # === BUSINESS METHODS === #

    def _get_text_company(self):
        """Return the company whose rules count before the debtors are known."""
        return (self.company_id or self.env.company).sudo()

    def _check_texts_by(self, rules, langs=None):
        """Check the level's texts.

        :param list langs: the languages that debtors are written to in; all, if the
            debtors are not known yet.
        :raise UserError: a text breaks one of the rules.
        """
        self.ensure_one()
        for texts in self._get_texts(langs):
            rules._check(texts, self.env._("Level “%(level)s”", level=self.name))

    def _get_texts(self, langs=None):
        """Return {place: text} for each language that anything is written in."""
        self.ensure_one()
        langs = langs or [code for code, _name in self.env["res.lang"].get_installed()]
        return [self.with_context(lang=lang)._get_texts_of_language() for lang in langs]

    def _get_texts_of_language(self):
        # the template is an administrator's to open, its text is everybody's to read
        template_sudo = self.sudo().mail_template_id
        return {
            "title": self.name,
            "letter": "\n".join(
                from_html(text or "")
                for text in (self.letter_intro, self.letter_closing)
            ),
            "subject": template_sudo.subject,
            "mail": from_html(template_sudo.body_html or ""),
            "sms": self.sudo().sms_template_id.body,
            "script": self.call_script,
        }
