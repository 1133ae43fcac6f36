import io
import json
import re
import zipfile

import xlsxwriter

from odoo import api, models

UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
#: Values of a record in the readable index; the JSON has all of them.
TEXT_SHOWN = 300


class AccountDunningPersonalArchive(models.AbstractModel):
    """The archive that a person is handed: JSON for machines, a workbook for people."""

    # a room of its own: the files
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.personal"

    @api.model
    def _pack(self, partner, file):
        """Write all that is held on a customer, or a contact, to an open file, as ZIP.

        :raise AccessError: the user is no dunning manager, or may not see the partner.
        """
        self.env["account.dunning.retention"]._check_manager()
        partner.check_access("read")
        about, naming = self._collect(partner)
        tables = {
            name: [self._to_dict(record, about) for record in records]
            for name, records in about.items()
            if records
        }
        mentions = {
            name: [self._to_mention(record, about) for record in records]
            for name, records in naming.items()
        }
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, rows in tables.items():
                archive.writestr(f"data/{name}.json", self._to_json(rows))
            if mentions:
                archive.writestr("data/mentions.json", self._to_json(mentions))
            for attachment in about["ir.attachment"]:
                if attachment.type == "binary":
                    archive.writestr(
                        f"files/{attachment.id} {UNSAFE.sub('-', attachment.name)}",
                        attachment.raw or b"",
                    )
            archive.writestr("index.xlsx", self._to_index(tables, mentions))

    @api.model
    def _to_json(self, rows):
        return json.dumps(rows, ensure_ascii=False, indent=1, default=str)

    @api.model
    def _to_index(self, tables, mentions):
        """Return the workbook: what there is of each kind, and each record in words."""
        stream = io.BytesIO()
        with xlsxwriter.Workbook(
            stream, {"in_memory": True, "strings_to_formulas": False}
        ) as workbook:
            bold = workbook.add_format({"bold": True})
            counts = [(self.env._("What"), self.env._("Records"), self.env._("File"))]
            counts += [
                (self._get_label(name), len(rows), f"data/{name}.json")
                for name, rows in tables.items()
            ]
            counts += [
                (
                    self.env._("%s of others, in which you are named", label),
                    len(rows),
                    "data/mentions.json",
                )
                for name, rows in mentions.items()
                for label in [self._get_label(name)]
            ]
            details = [
                (self.env._("What"), "ID", self.env._("Field"), self.env._("Value"))
            ]
            details += [
                (
                    self._get_label(name),
                    row["id"],
                    self._get_field_label(name, key),
                    text,
                )
                for name, rows in tables.items()
                for row in rows
                for key, value in row.items()
                for text in [self._to_text(value)]
                if key != "id" and text
            ]
            sheets = {self.env._("Index"): counts, self.env._("Records"): details}
            for title, rows in sheets.items():
                sheet = workbook.add_worksheet(title)
                for number, row in enumerate(rows):
                    sheet.write_row(number, 0, row, None if number else bold)
                sheet.freeze_panes(1, 0)
                sheet.set_column(0, 0, 32)
                sheet.set_column(1, 2, 22)
                sheet.set_column(3, 3, 80)
        return stream.getvalue()

    def _get_label(self, name):
        return self.env["ir.model"]._get(name).name

    def _get_field_label(self, model, name):
        return self.env[model]._fields[name]._description_string(self.env)

    @api.model
    def _to_text(self, value):
        """Return a value of the JSON for a person to read."""
        if isinstance(value, list):
            return ", ".join(str(link.get("name", link["id"])) for link in value)
        if value is None or value is False:
            return ""
        return str(value)[:TEXT_SHOWN]
