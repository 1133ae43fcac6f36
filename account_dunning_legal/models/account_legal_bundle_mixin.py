import csv
import io
import re

import xlsxwriter

from odoo import api, models
from odoo.tools import html2plaintext, pdf

from ..engine import bundle

UNSAFE = re.compile(r"[^\w.\- ]+")
#: Signs with which a spreadsheet begins a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value):
    """Return a text that no spreadsheet runs.

    What is in the books of a case comes from customers and banks.
    """
    text = "" if value in (None, False) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class AccountLegalBundleMixin(models.AbstractModel):
    """The papers of a case in one archive, with digests that tell a change."""

    _name = "account.legal.bundle.mixin"
    _description = "Evidence of a Legal Case"

    # === ACTION METHODS === #

    def action_bundle(self):
        """Make the evidence bundle and keep it with the case.

        :return: the action that downloads the archive.
        """
        self.ensure_one()
        self.check_access("write")
        files = self._get_bundle_files()
        index = self._render_index(files)
        files.append(bundle.File("index.pdf", index, self.env._("Index")))
        return self._keep_archive(bundle.pack(files), self.env._("evidence"))

    # === BUSINESS METHODS === #

    def _keep_archive(self, data, what):
        """Attach an archive to the case and return its download."""
        self.ensure_one()
        day = self.company_id._dunning_today()
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{self.name.replace('/', '-')} {what} {day}.zip",
                "raw": data,
                "mimetype": "application/zip",
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.message_post(
            body=self.env._(
                "%(file)s was made. SHA-256: %(digest)s",
                file=attachment.name,
                digest=bundle.File("", data).digest,
            ),
            attachment_ids=attachment.ids,
        )
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{attachment.id}?download=true",
            "target": "download",
        }

    def _get_bundle_files(self):
        """Return the engine's files of the case; an addon adds more."""
        self.ensure_one()
        files = [
            *self._get_invoice_files(),
            *self._get_notice_files(),
            *self._get_attached_files(),
            *self._get_letter_files(),
            self._get_account_file(),
            self._get_contact_file(),
            self._get_promise_file(),
            self._get_event_file(),
            bundle.File(
                "claim/claim account.pdf",
                self._render_pdf("account_dunning_legal.report_account", self),
                self._get_account_document().title or self.env._("Claim account"),
                str(self.company_id._dunning_today()),
            ),
        ]
        return self._without_twins(files)

    def _get_invoice_files(self):
        moves = self.move_line_ids.move_id
        return [
            bundle.File(
                f"invoices/{self._safe_name(move.name)}.pdf",
                move.invoice_pdf_report_id.raw
                or self._render_pdf("account.report_invoice", move),
                self.env._("Invoice %(number)s", number=move.name),
                str(move.invoice_date or move.date),
            )
            for move in moves
            if move.is_invoice()
        ] + self._get_attachment_files("invoices", moves)

    def _get_notice_files(self):
        notices = self._get_notices()
        return [
            bundle.File(
                f"notices/{self._safe_name(notice.name)}.pdf",
                notice.attachment_id.raw,
                self.env._("Notice %(number)s", number=notice.name),
                str(notice.date),
            )
            for notice in notices
            if notice.attachment_id
        ]

    def _get_notices(self):
        """Return the notices that were issued about the items."""
        lines = self.env["account.dunning.notice.line"].search(
            [
                ("move_line_id", "in", self.move_line_ids.ids),
                ("notice_id.state", "=", "issued"),
            ]
        )
        return lines.notice_id.sorted(lambda notice: (notice.date, notice.id))

    def _get_attached_files(self):
        """Return what was attached to the case, but not earlier archives."""
        return self._get_attachment_files("papers", self)

    def _get_letter_files(self):
        """Return the formal documents that were looked at."""
        letters = self.letter_ids.filtered("reviewed_by_id")
        return [
            bundle.File(
                f"documents/{letter.date} {self._safe_name(letter.name)}.pdf",
                self._render_pdf("account_dunning_legal.report_letter", letter),
                letter.name,
                str(letter.date),
            )
            for letter in letters
        ]

    def _get_attachment_files(self, folder, records):
        attachments = self.env["ir.attachment"].search(
            [
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
                ("res_field", "=", False),
                ("type", "=", "binary"),
                ("mimetype", "!=", "application/zip"),
            ],
            order="id",
        )
        return [
            bundle.File(
                f"{folder}/{self._safe_name(attachment.name)}",
                attachment.raw or b"",
                attachment.name,
                str(attachment.create_date.date()),
            )
            for attachment in attachments
        ]

    def _get_account_table(self):
        """Return the rows of the claim account as plain values, the heading first."""
        notes = self._get_event_notes()
        parts = ("principal", "interest", "fee", "cost")
        return [
            ("date", "kind", "amount", *parts, "total", "note"),
            *(
                (
                    str(row.event.day),
                    row.event.kind,
                    row.event.amount,
                    *(row.balance[part] for part in parts),
                    self.currency_id.round(sum(row.balance.values())),
                    notes.get(row.event.id, ""),
                )
                for row in self._get_account_rows()
            ),
        ]

    def _get_item_table(self):
        """Return the items as plain values, the heading first."""
        return [
            ("number", "date", "due", "currency", "amount", "open", "reference"),
            *(
                (
                    line.move_name or "",
                    str(line.invoice_date or line.date),
                    str(self._get_due_date(line)),
                    line.currency_id.name,
                    line.amount_currency,
                    line.amount_residual_currency,
                    line.move_id.ref or "",
                )
                for line in self._get_demand_lines()
            ),
        ]

    def _get_account_file(self):
        return bundle.File(
            "claim/claim account.csv",
            self._to_csv(self._get_account_table()),
            self.env._("Claim account, for machines"),
        )

    def _get_contact_file(self):
        """Return what was said and sent about the items, and whether it arrived."""
        notices = self._get_notices()
        # who may see the case may see what was written in it
        messages_sudo = (
            self.env["mail.message"]
            .sudo()
            .search(
                [
                    "|",
                    "&",
                    ("model", "=", self._name),
                    ("res_id", "=", self.id),
                    "&",
                    ("model", "=", notices._name),
                    ("res_id", "in", notices.ids),
                ],
                order="date, id",
            )
        )
        rows = [("time", "about", "author", "recipients", "delivery", "text")]
        for message_sudo in messages_sudo:
            sent = message_sudo.notification_ids
            rows.append(
                (
                    str(message_sudo.date),
                    message_sudo.record_name or "",
                    message_sudo.author_id.name or message_sudo.email_from or "",
                    ", ".join(sent.res_partner_id.mapped("display_name")),
                    ", ".join(
                        f"{one.notification_type}: {one.notification_status}"
                        for one in sent
                    ),
                    " ".join(html2plaintext(message_sudo.body or "").split())[:2000],
                )
            )
        return bundle.File(
            "record/contacts.csv", self._to_csv(rows), self.env._("Record of contacts")
        )

    def _get_promise_file(self):
        promises = self.env["account.dunning.promise"].search(
            [
                ("partner_id", "=", self.partner_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            order="date, id",
        )
        rows = [("date", "kind", "state", "due", "amount")]
        rows += [
            (
                str(promise.date),
                promise.kind,
                promise.state,
                str(line.date),
                line.amount,
            )
            for promise in promises
            for line in promise.line_ids.sorted("date")
        ]
        return bundle.File(
            "record/promises.csv",
            self._to_csv(rows),
            self.env._("Promises, plans and settlements"),
        )

    def _get_event_file(self):
        events = self.move_line_ids.legal_clock_ids.event_ids.sorted("date_from")
        rows = [("from", "to", "event", "items", "proof")]
        rows += [
            (
                str(event.date_from),
                str(event.date_to or ""),
                event.kind,
                ", ".join(event.clock_ids.mapped("display_name")),
                event.note or "",
            )
            for event in events
        ]
        return bundle.File(
            "record/acknowledgments and acts.csv",
            self._to_csv(rows),
            self.env._("Acknowledgments, payments and acts"),
        )

    def _render_index(self, files):
        """Return the index, and behind it all papers that are PDF, in its order."""
        html = self.env["ir.actions.report"]
        index, _type = html._render_qweb_pdf(
            "account_dunning_legal.report_index",
            self.ids,
            data={
                "files": files,
                "digest": bundle.File("", bundle.manifest(files)).digest,
            },
        )
        papers = [
            file.content
            for file in sorted(files, key=lambda file: file.name)
            if file.content.startswith(b"%PDF")
        ]
        return pdf.merge_pdf([index, *papers]) if papers else index

    @api.model
    def _render_pdf(self, report, records):
        content, _type = self.env["ir.actions.report"]._render_qweb_pdf(
            report, records.ids
        )
        return content

    @api.model
    def _to_csv(self, rows):
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerows([safe_cell(cell) for cell in row] for row in rows)
        # with a mark, or a spreadsheet takes Korean and Japanese for gibberish
        return stream.getvalue().encode("utf-8-sig")

    @api.model
    def _to_xlsx(self, sheets):
        """Return a workbook; ``sheets`` is {name: rows}, the heading first."""
        stream = io.BytesIO()
        with xlsxwriter.Workbook(
            stream, {"in_memory": True, "strings_to_formulas": False}
        ) as workbook:
            bold = workbook.add_format({"bold": True})
            for name, rows in sheets.items():
                sheet = workbook.add_worksheet(name)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row, bold if not number else None)
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, 20, 16)
        return stream.getvalue()

    @api.model
    def _safe_name(self, name):
        return UNSAFE.sub("-", name or "").strip(" .") or "file"

    @api.model
    def _without_twins(self, files):
        """Number files that would have one name."""
        seen, result = {}, []
        for file in files:
            number = seen[file.name] = seen.get(file.name, 0) + 1
            if number > 1:
                stem, dot, suffix = file.name.rpartition(".")
                name = f"{stem} ({number}).{suffix}" if dot else f"{suffix} ({number})"
                file = bundle.File(name, file.content, file.title, file.date)
            result.append(file)
        return result
