from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import text


class AccountLegalLetter(models.Model):
    """A formal document of a case: filled in, edited, looked at, printed."""

    _name = "account.legal.letter"
    _description = "Document of a Legal Case"
    _inherit = ["account.dunning.guard", "mail.thread"]
    _order = "date desc, id desc"

    case_id = fields.Many2one(
        comodel_name="account.legal.case",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True)
    country_id = fields.Many2one(
        comodel_name="res.country", compute="_compute_country_id"
    )
    document_id = fields.Many2one(
        comodel_name="account.legal.document",
        required=True,
        ondelete="restrict",
        domain="[('kind', '!=', 'account'), ('country_id', 'in', [False, country_id])]",
    )
    name = fields.Char(
        string="Title", compute="_compute_body", store=True, readonly=False
    )
    date = fields.Date(
        required=True, default=lambda self: self.env.company._dunning_today()
    )
    body = fields.Text(
        compute="_compute_body",
        store=True,
        readonly=False,
        help="Filled in from the case when the document is chosen; edit it as needed.",
    )
    note = fields.Text(related="document_id.note")
    page_count = fields.Integer(
        string="Sheets", compute="_compute_page_count", help="By the rules of the post."
    )
    reviewed_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Looked At By",
        readonly=True,
        copy=False,
        tracking=True,
        help="Who has looked at it as a lawyer would. Until then it prints as a draft.",
    )

    # === COMPUTE METHODS === #

    @api.depends("case_id.procedure_id.country_id", "case_id.company_id")
    def _compute_country_id(self):
        for letter in self:
            case = letter.case_id
            letter.country_id = case._get_court_country() if case else False

    @api.depends("document_id", "case_id", "date")
    def _compute_body(self):
        for letter in self:
            document, case = letter.document_id, letter.case_id
            if not document or not case:
                continue
            letter.name = document.title
            letter.body = text.fill(
                document.body, case._get_document_values(document, letter.date)
            )

    @api.depends("body", "document_id.line_width", "document_id.page_lines")
    def _compute_page_count(self):
        for letter in self:
            letter.page_count = len(letter._get_pages())

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"reviewed_by_id"}

    def write(self, vals):
        result = super().write(vals)
        if {"body", "case_id", "name", "document_id", "date"} & vals.keys():
            self._unguarded().reviewed_by_id = False
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reviewed(self):
        for letter in self:
            if letter.reviewed_by_id:
                raise UserError(
                    self.env._(
                        "“%(letter)s” was looked at and is kept with the case.",
                        letter=letter.name,
                    )
                )

    # === ACTION METHODS === #

    def action_review(self):
        """Say that a lawyer's eye has seen the text: it prints without “draft”."""
        self.check_access("write")
        for letter in self:
            if not (letter.body or "").strip():
                raise UserError(
                    self.env._("“%(letter)s” is empty.", letter=letter.name or "")
                )
            letter._unguarded().reviewed_by_id = self.env.user

    def action_print(self):
        """Return the report action."""
        return self.env.ref(
            "account_dunning_legal.account_legal_letter_report"
        ).report_action(self)

    # === BUSINESS METHODS === #

    def _get_pages(self):
        """Return the lines page by page by the rules of the post; empty if free."""
        self.ensure_one()
        document = self.document_id
        if not document.line_width:
            return []
        content = f"{self.name or ''}\n\n{self.body or ''}"
        return text.paginate(content, document.line_width, document.page_lines)

    def _get_blocks(self):
        """Return (kind, rows) of the text: headings, paragraphs and tables."""
        self.ensure_one()
        blocks = []
        last = None
        for line in (self.body or "").splitlines():
            kind, content = self._read_line(line)
            if kind != last:
                blocks.append((kind, []))
            blocks[-1][1].append(content)
            last = kind
        return [block for block in blocks if block[0] != "space"]

    @api.model
    def _read_line(self, line):
        """Return (kind, what it says) of a line."""
        if not line.strip():
            return "space", ""
        if line.startswith("# "):
            return "heading", line[2:]
        if " | " in f"{line} ":
            label, _bar, value = f"{line} ".partition(" | ")
            return "row", (label.strip(), value.strip())
        return "text", line

    def _get_draft_word(self):
        """Return “draft” in the court's language; False once it was looked at."""
        self.ensure_one()
        if self.reviewed_by_id:
            return False
        words = self.case_id._get_account_words()
        return words.get("draft") or self.env._("Draft – for a lawyer’s eye")

    def _get_copies(self):
        """Return a number for each identical copy that has to be printed."""
        self.ensure_one()
        return range(self.document_id.copies if self.reviewed_by_id else 1)
