import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine.plain_text import normalize
from .account_dunning_contact_rule import APPLIES_TO, ROLES, protects
from .account_dunning_rate_value import CONFIDENCES


class AccountDunningTextRule(models.Model):
    """What a country forbids in what debtors are written, or requires, as data.

    Rules that are certain refuse a text, others warn. Whoever knows better archives a
    rule, or copies it and changes the copy.
    """

    _name = "account.dunning.text.rule"
    _description = "Rule on Dunning Texts"
    _inherit = ["account.dunning.shipped"]
    _order = "sequence, id"

    name = fields.Char(
        string="Rule",
        required=True,
        translate=True,
        help="The rule in a sentence; it is shown where a text breaks it.",
    )
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    country_id = fields.Many2one(
        comodel_name="res.country", help="The debtor's country; empty for any."
    )
    applies_to = fields.Selection(
        selection=APPLIES_TO,
        required=True,
        default="everyone",
        help="Rules for some kinds of debtors warn when a text is saved; they refuse it"
        " when it is to go to such a debtor.",
    )
    role = fields.Selection(
        selection=ROLES, string="Binds", required=True, default="any"
    )
    kind = fields.Selection(
        selection=[("forbidden", "Forbidden"), ("required", "Required")],
        required=True,
        default="forbidden",
    )
    place = fields.Selection(
        selection=[
            ("any", "Anywhere"),
            ("title", "Title of the letter"),
            ("letter", "Letter"),
            ("subject", "Subject of the e-mail"),
            ("mail", "E-mail"),
        ],
        required=True,
        default="any",
    )
    pattern = fields.Char(
        required=True,
        help="Words, as a regular expression; upper and lower case count alike.",
    )
    condition = fields.Char(
        string="Only Where It Says",
        help="The rule counts only for texts in which these words occur, as a regular"
        " expression. Empty: for all texts.",
    )
    effect = fields.Selection(
        selection=[("refuse", "Refuse the text"), ("warn", "Warn only")],
        required=True,
        default="warn",
    )
    source = fields.Char(required=True, help="The law, by article.")
    verified_on = fields.Date()
    confidence = fields.Selection(selection=CONFIDENCES, required=True, default="low")
    note = fields.Char()

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("pattern", "condition")
    def _check_pattern(self):
        for rule in self:
            try:
                re.compile(rule.pattern)
                re.compile(rule.condition or "")
            except re.error as error:
                raise ValidationError(
                    self.env._(
                        "The words of “%(rule)s” cannot be read: %(error)s",
                        rule=rule.name,
                        error=error,
                    )
                ) from error

    # === BUSINESS METHODS === #

    @api.model
    def _find_for(self, countries):
        """Return the rules for debtors of some countries."""
        return self.search([("country_id", "in", [False, *countries.ids])])

    @api.model
    def _find_for_debtors(self, debtors, company):
        """Return the rules for writing to some debtors of a company."""
        # (country, kind): thousands of debtors are of a few kinds
        kinds = {
            (debtor.country_id or company.country_id, debtor._get_dunning_kind())
            for debtor in debtors
        }
        countries = self.env["res.country"].union(*(country for country, _k in kinds))
        return self._find_for(countries).filtered(
            lambda rule: rule.role in ("any", company.dunning_role)
            and any(rule._is_for(country, kind) for country, kind in kinds)
        )

    @api.model
    def _find_for_company(self, company):
        """Return the rules of a company's country, before the debtors are known."""
        return self._find_for(company.country_id).filtered(
            lambda rule: rule.role in ("any", company.dunning_role)
        )

    def _is_for(self, country, kind):
        self.ensure_one()
        return protects(self.applies_to, kind) and (
            not self.country_id or self.country_id == country
        )

    def _get_certain(self):
        """Return those that refuse a text whoever it goes to."""
        return self.filtered(lambda rule: rule.applies_to == "everyone")

    def _get_findings(self, texts):
        """Return what breaks these rules.

        :param texts: {place: text}.
        :return: list of (rule, the words that break it).
        """
        findings = []
        # what nobody sees hides no word
        texts = {place: normalize(text) for place, text in texts.items() if text}
        for rule in self:
            where = [
                text for place, text in texts.items() if rule.place in ("any", place)
            ]
            text = "\n".join(where)
            if not where or not re.search(rule.condition or "", text, re.IGNORECASE):
                continue
            found = re.search(rule.pattern, text, re.IGNORECASE)
            if bool(found) == (rule.kind == "forbidden"):
                findings.append((rule, found[0] if found else ""))
        return findings

    @api.model
    def _format(self, findings):
        """Return findings as lines for people, each naming its rule."""
        return "\n".join(
            self.env._(
                "“%(words)s”: %(rule)s (%(law)s)",
                words=words,
                rule=rule.name,
                law=rule.source,
            )
            if words
            else self.env._(
                "Missing: %(rule)s (%(law)s)", rule=rule.name, law=rule.source
            )
            for rule, words in findings
        )

    def _check(self, texts, what):
        """Refuse texts that break a rule for certain.

        :param str what: whose texts they are.
        :raise UserError: they do; the message names the rules.
        """
        findings = [
            (rule, words)
            for rule, words in self._get_findings(texts)
            if rule.effect == "refuse"
        ]
        if findings:
            raise UserError(
                self.env._(
                    "%(what)s may not go out as it is:\n%(findings)s",
                    what=what,
                    findings=self._format(findings),
                )
            )
