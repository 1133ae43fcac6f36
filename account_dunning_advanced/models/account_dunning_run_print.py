from markupsafe import Markup

from odoo import models
from odoo.exceptions import UserError

from ..engine import pdf_merge

# Letters in one file: as many as a printer takes at once, and memory holds.
LETTERS_A_FILE = 200


class AccountDunningRunPrint(models.Model):
    """The letters of a run for the printer: numbered, in files of a bearable size."""

    # a room of its own: the printer
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.run"

    # === ACTION METHODS === #

    def action_print(self):
        """Print the letters that wait for the printer.

        Proposals are shown as one document. Issued letters are kept with the run, in
        as many files as it takes, in the order of the notices' numbers. What was paid
        since is left out, and so are notices that go by e-mail alone.

        :raise UserError: none waits, the run's delivery waits for a person, or a letter
            may not go to the debtor.
        """
        self.ensure_one()
        self.check_access("read")
        notices = self.notice_ids.filtered(lambda notice: notice._is_printable())
        notices = notices.sorted(lambda notice: (notice.name or "", notice.id))
        if not notices:
            raise UserError(self.env._("No letter of the run waits for the printer."))
        if self.state != "issued":
            return notices.action_print()
        issued = notices.filtered(lambda notice: notice.state == "issued")
        issued._print_through_gate()
        return self._open_files(self._merge_letters(issued))

    # === BUSINESS METHODS === #

    def _merge_letters(self, notices):
        """Keep the letters of notices as files of the run, in the given order.

        :return: the files; memory holds the letters of one at a time.
        """
        self.ensure_one()
        files = self.env["ir.attachment"]
        for first, last, content in pdf_merge.merge_parts(
            self._read_letters(notices), LETTERS_A_FILE
        ):
            files |= files.create(
                {
                    "name": self._get_file_name(first, last),
                    "raw": content,
                    "mimetype": "application/pdf",
                    "res_model": self._name,
                    "res_id": self.id,
                }
            )
            files.flush_recordset()
            files.invalidate_recordset(["raw", "datas"])
        return files

    def _read_letters(self, notices):
        """Yield the letters, and forget them as soon as they were read."""
        for notice in notices:
            # alone: what is read together is kept together
            letter_sudo = notice.attachment_id.sudo().with_prefetch()
            yield letter_sudo.raw
            letter_sudo.invalidate_recordset(["raw", "datas"])

    def _get_file_name(self, first, last):
        self.ensure_one()
        return self.env._(
            "%(run)s letters %(first)s-%(last)s.pdf",
            run=(self.display_name or "").replace("/", "-"),
            first=first,
            last=last,
        )

    def _open_files(self, files):
        """Return what downloads one file, or shows where several are."""
        self.message_post(
            body=Markup("<p>%s</p>") % self.env._("Letters for the printer"),
            attachment_ids=files.ids,
        )
        if len(files) == 1:
            return {
                "type": "ir.actions.act_url",
                "url": f"/web/content/{files.id}?download=true",
                "target": "download",
            }
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Letters"),
            "res_model": "ir.attachment",
            "view_mode": "kanban,list,form",
            "domain": [("id", "in", files.ids)],
        }
