from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..engine import text
from .account_legal_procedure import CONFIDENCE


class AccountLegalDocument(models.Model):
    """The text of a formal document in the language of a country's courts.

    It is text with names in braces, in which nothing is run: a lawyer may change it.
    """

    _name = "account.legal.document"
    _description = "Legal Document"
    _inherit = ["account.dunning.shipped", "account.dunning.coded"]
    _order = "country_id, kind, sequence, id"

    name = fields.Char(required=True, translate=True, help="What it is in English.")
    title = fields.Char(required=True, help="The heading, in the court's language.")
    code = fields.Char(required=True, copy=False, help="Short name for imports.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[
            ("demand", "Formal demand"),
            ("account", "Claim account"),
            ("sheet", "Fill-in sheet for an application"),
            ("acknowledgment", "Acknowledgment of debt"),
            ("instalment", "Instalment deed"),
            ("settlement", "Settlement"),
            ("proof", "Claim in insolvency"),
        ],
        required=True,
    )
    country_id = fields.Many2one(
        comodel_name="res.country",
        index="btree_not_null",
        help="Whose courts read it. Empty: for countries without one of their own.",
    )
    lang = fields.Char(
        string="Language",
        required=True,
        default="en_US",
        help="How dates and amounts are written, as a code such as de_DE.",
    )
    body = fields.Text(
        help="The text. Names in braces are filled in, such as {debtor} or {total}; a"
        " line “# …” is a heading, a line “… | …” a row of two columns."
    )
    item_line = fields.Char(
        string="Line for Each Item",
        help="How {items} tells of each item: {number}, {date}, {due}, {amount},"
        " {open}, {days}.",
    )
    labels = fields.Text(
        string="Words",
        help="For tables: one “name = word” a line.",
    )
    line_width = fields.Integer(
        string="Signs a Line", help="By the rules of the post; 0 is free."
    )
    page_lines = fields.Integer(string="Lines a Page")
    copies = fields.Integer(
        aggregator=None, default=1, help="How many identical copies are needed."
    )
    note = fields.Text(translate=True, help="What to mind when it is used.")
    source = fields.Char()
    verified_on = fields.Date()
    confidence = fields.Selection(
        selection=CONFIDENCE, required=True, default="doubtful"
    )

    _code_unique = models.UniqueIndex("(code)", "Another document has this code.")
    _page_rule = models.Constraint(
        "CHECK (line_width >= 0 AND page_lines >= 0"
        " AND (line_width = 0) = (page_lines = 0) AND copies > 0)",
        "State both how many signs a line and how many lines a page may have.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("body", "item_line")
    def _check_placeholders(self):
        Case = self.env["account.legal.case"]
        for document in self:
            unknown = text.placeholders(document.body) - Case._get_document_names()
            unknown |= text.placeholders(document.item_line) - Case._get_item_names()
            if unknown:
                raise ValidationError(
                    self.env._(
                        "Document “%(document)s” refers to {%(name)s}, which is not"
                        " known. Known are: %(known)s.",
                        document=document.name,
                        name=sorted(unknown)[0],
                        known=", ".join(sorted(Case._get_document_names())),
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _find_for(self, kind, country):
        """Return the document of a kind for a country, else the general one."""
        found = self.search(
            Domain("kind", "=", kind) & Domain("country_id", "in", [False, country.id])
        )
        return found.sorted(lambda document: not document.country_id)[:1]

    def _get_words(self):
        """Return the words of its tables by name."""
        self.ensure_one()
        return text.words(self.labels)
