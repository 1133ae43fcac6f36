import base64

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import takeover as engine
from ..engine.takeover import Finding, Reading, Step

# How an invoice may be named in a file, the first that is right wins.
NAMES = ("name", "payment_reference", "ref")


class AccountDunningTakeoverCsv(models.Model):
    """Reads a file with a line for each open item, as other systems export it.

    Its columns: ``engine.takeover.COLUMNS``, and the addon's ``readme/CONFIGURE.md``.
    """

    # a room of its own: what is said in a file
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.takeover"

    def _read_csv(self):
        if not self.file:
            raise UserError(self.env._("Choose the file first."))
        if not self.policy_id:
            raise UserError(
                self.env._(
                    "A file has no ladder: choose the policy to go on with, whose"
                    " levels its numbers stand for."
                )
            )
        try:
            rows = engine.read_rows(
                base64.b64decode(self.file),
                self.date_format,
                "," if self.decimal_sign == "comma" else ".",
            )
        except engine.BadRow as error:
            raise UserError(
                self.env._(
                    "Line %(line)s of the file cannot be read: %(value)s",
                    line=error.number,
                    value=error.value,
                )
            ) from None
        return Reading(
            steps=self._make_csv_steps(rows), findings=list(self._find_rows(rows))
        )

    def _make_csv_steps(self, rows):
        names = sorted({row.level for row in rows if self._is_level(row.level)})
        names.sort(key=lambda name: int(name) if name.isdecimal() else len(rows))
        return [
            Step(key=name, policy="", name=name, sequence=number)
            for number, name in enumerate(names, 1)
        ]

    def _is_level(self, text):
        """Return whether that level says that somebody was dunned."""
        return bool(text.strip("0 "))

    def _find_rows(self, rows):
        items = self._find_items({row.invoice for row in rows})
        users = self._find_users({row.collector for row in rows if row.collector})
        told = set()
        for row in rows:
            found = [
                item
                for item in items.get(row.invoice, ())
                if not row.due or item.date_maturity == row.due
            ]
            if len(found) != 1:
                yield self._make_lost_row(row, bool(found))
                continue
            # what is said of the customer is said in each of the lines, and files
            # may have a line twice
            for finding in (
                *self._make_row_findings(row, found[0]),
                *self._make_customer_findings(row, found[0], users),
            ):
                if finding not in told:
                    told.add(finding)
                    yield finding

    def _make_lost_row(self, row, several):
        """Return a finding of a line that names no item, or more than one."""
        problem = (
            self.env._("Line %s: several open items have this number", row.number)
            if several
            else self.env._("Line %s: there is no such item", row.number)
        )
        return Finding("item", text=row.invoice, date=row.last_notice, problem=problem)

    def _make_row_findings(self, row, item):
        where = {
            "partner_id": item.partner_id.id,
            "move_id": item.move_id.id,
            "item_id": item.id,
        }
        if self._is_level(row.level):
            yield Finding("item", **where, step=row.level, date=row.last_notice)
        if row.hold:
            yield Finding("hold", **where, date_to=row.hold_until, text=row.hold)
        if row.promise_date:
            yield Finding(
                "promise",
                **where,
                date=row.promise_date,
                amount=float(row.promise_amount or item.amount_residual_currency),
            )

    def _make_customer_findings(self, row, item, users):
        partner_id = item.partner_id.commercial_partner_id.id
        if row.collector:
            yield Finding(
                "collector",
                partner_id=partner_id,
                user_id=users.get(row.collector.casefold()),
                text=row.collector,
            )
        if row.note:
            yield Finding("note", partner_id=partner_id, text=row.note)

    def _find_items(self, names):
        """Return {name of an invoice: its receivable items}, by the first that fits."""
        found = {}
        for field in NAMES:
            rest = list(names - found.keys())
            moves = self.env["account.move"].search(
                Domain(field, "in", rest)
                & Domain("company_id", "=", self.company_id.id)
                & Domain("state", "=", "posted")
            )
            for name, of_name in moves.grouped(field).items():
                items = of_name.line_ids.filtered(
                    lambda line: line.account_type == "asset_receivable"
                )
                if items:
                    found[name] = items
        return found

    def _find_users(self, names):
        users = self.env["res.users"].search(
            Domain("share", "=", False)
            & Domain.OR(
                Domain(field, "in", list(names)) for field in ("login", "email", "name")
            )
        )
        return {
            name.casefold(): user.id
            for user in users
            for name in (user.name, user.email, user.login)
            if name
        }
