from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount

from .account_dunning_writeoff_line import ReversedEntries


class AccountDunningWriteoffLineEntry(models.Model):
    """Booking: the entry of each loss, its matching with the item, and its undoing.

    The loss is in the ledger as long as its entry is posted and matched with its item;
    whoever unmatches or reverses it, with Odoo's own means too, is noticed here.
    """

    # rooms of their own: booking, tax relief and proposing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.writeoff.line"

    # === BUSINESS METHODS - POSTING === #

    def _drop_settled(self):
        """Drop items that are not open for their amount any more, and say so."""
        for line in self:
            residual = max(line.residual, 0.0)
            if line.currency_id.compare_amounts(line.amount, residual) <= 0:
                continue
            text = self.env._(
                "%(item)s was dropped: only %(residual)s is still open.",
                item=line.move_line_id.display_name,
                residual=format_amount(self.env, residual, line.currency_id),
            )
            line._unguarded().write({"state": "dropped", "outcome": text})
            line.writeoff_id.message_post(body=text)

    def _check_no_loose_loss(self):
        """:raise UserError: an earlier loss on one of the items is not matched."""
        loose = self.search(
            [
                ("move_line_id", "in", self.move_line_id.ids),
                ("state", "=", "posted"),
                ("is_unmatched", "=", True),
            ],
            limit=1,
        )
        if loose:
            raise UserError(
                self.env._(
                    "The loss on %(item)s is booked already, with %(entry)s, but the"
                    " two are not matched any more. Match them again, or reverse that"
                    " write-off, first.",
                    item=loose.move_line_id.display_name,
                    entry=loose.entry_id.name,
                )
            )

    def _create_entries(self):
        """Post one entry for each item and match it with the item."""
        # before the first is posted: each share counts what comes before it
        reliefs = [
            sum(part["balance"] for part in line._get_relief_parts()) for line in self
        ]
        entries = (
            self.env["account.move"]
            # the tax lines are given: nothing is to be computed from base lines
            .with_context(skip_invoice_sync=True)
            .create([line._prepare_entry_vals() for line in self])
            .with_context(skip_invoice_sync=False)
        )
        entries._post(soft=False)
        matches = []
        for line, entry, relief in zip(self, entries, reliefs, strict=True):
            counterpart = line._get_counterpart(entry)
            line._unguarded().write(
                {
                    "state": "posted",
                    "entry_id": entry.id,
                    "amount_company": -counterpart.balance,
                    "tax_relief": relief,
                }
            )
            matches.append(line.move_line_id | counterpart)
        self.env["account.move.line"]._reconcile_plan(matches)

    def _get_counterpart(self, entry):
        """Return the line of the entry that credits the item's receivable."""
        account = self.move_line_id.account_id
        return entry.line_ids.filtered(
            lambda line: line.account_id == account and line.balance < 0
        )

    def _prepare_entry_vals(self):
        """Return the entry: bad debt and tax relief to the receivable.

        The receivable is credited at the rate of the day; what it was booked higher or
        lower is an exchange difference that Odoo posts on matching, as for a payment.
        """
        self.ensure_one()
        item = self.move_line_id
        relief = self._get_relief_parts()
        balance = self.currency_id._convert(
            self.amount, self.company_currency_id, self.company_id, self.date
        )
        label = self.env._(
            "%(reason)s: %(item)s", reason=self.reason_id.name, item=item.display_name
        )
        common = {
            "name": label,
            "partner_id": item.partner_id.id,
            "currency_id": self.currency_id.id,
        }
        rows = [
            *self._prepare_loss_rows(balance, relief),
            *relief,
            {
                "account_id": item.account_id.id,
                "amount_currency": -self.amount,
                "balance": -balance,
            },
        ]
        return {
            "move_type": "entry",
            "company_id": self.company_id.id,
            "journal_id": self.company_id.dunning_writeoff_journal_id.id,
            "date": self.date,
            "currency_id": self.currency_id.id,
            "partner_id": item.partner_id.id,
            # taxes of another country are only at home in their fiscal position
            "fiscal_position_id": item.move_id.fiscal_position_id.id,
            "ref": label,
            "line_ids": [fields.Command.create({**common, **row}) for row in rows],
        }

    def _prepare_loss_rows(self, balance, relief):
        """Return values of the journal items that book the loss.

        What reduces the taxable amount carries the taxes; the rest is what was not
        taxed and, of a foreign item, what the rate of the day makes of the loss.

        :param float balance: what the receivable is credited, in company currency.
        :param relief: see :meth:`_get_relief_parts`.
        """
        account = self.company_id.dunning_writeoff_account_id
        base = self._get_base_parts() if relief else []
        given = base + relief
        rest_currency = self.currency_id.round(
            self.amount - sum(part["amount_currency"] for part in given)
        )
        rest = self.company_currency_id.round(
            balance - sum(part["balance"] for part in given)
        )
        rows = [{"amount_currency": rest_currency, "balance": rest}]
        if rest_currency * rest < 0:
            # the two of one journal item have the same sign
            rows = [
                {"amount_currency": rest_currency, "balance": 0.0},
                {"amount_currency": 0.0, "balance": rest},
            ]
        if base:
            rows = [row for row in rows if row["amount_currency"] or row["balance"]]
        return [{**row, "account_id": account.id} for row in base + rows]

    # === BUSINESS METHODS - MATCHING === #

    @api.model
    def _note_matching(self, items):
        """Note losses that were unmatched from their items, or matched again.

        Who matches need not have rights on write-offs. What is unmatched in order to be
        reversed is no news.
        """
        reversing = self.env.context.get("dunning_reversed_entries")
        if not isinstance(reversing, ReversedEntries):
            reversing = ReversedEntries()
        lines_sudo = self.sudo().search(
            [
                ("state", "=", "posted"),
                ("entry_id", "not in", list(reversing)),
                "|",
                ("move_line_id", "in", items.ids),
                ("entry_id", "in", items.move_id.ids),
            ]
        )
        for line_sudo in lines_sudo:
            is_unmatched = not line_sudo._is_matched()
            if line_sudo.is_unmatched != is_unmatched:
                line_sudo._unguarded().is_unmatched = is_unmatched
                line_sudo._tell_matching()

    def _is_matched(self):
        """Whether the whole of the posted loss is matched with its item."""
        self.ensure_one()
        item = self.move_line_id
        partials = self._get_counterpart(self.entry_id).matched_debit_ids.filtered(
            lambda partial: partial.debit_move_id == item
        )
        matched = sum(partials.mapped("debit_amount_currency"))
        return self.currency_id.compare_amounts(matched, self.amount) >= 0

    def _tell_matching(self):
        """Tell whoever asked for the write-off what became of its matching."""
        self.ensure_one()
        names = {"entry": self.entry_id.name, "item": self.move_line_id.display_name}
        if not self.is_unmatched:
            text = self.env._("%(entry)s is matched with %(item)s again.", **names)
            self.writeoff_id.message_post(body=text)
            return
        self.writeoff_id._alert(
            self.env._("Unmatched loss"),
            self.env._(
                "%(entry)s was unmatched from %(item)s: the loss is still booked, and"
                " the item is open. Match them again, or reverse the write-off.",
                **names,
            ),
        )

    # === BUSINESS METHODS - REVERSING === #

    def _reverse(self, date):
        """Reverse the entries on a day and open the items again."""
        company = self.company_id
        company._check_dunning_lock(
            date,
            any(self.mapped("tax_relief")),
            company.dunning_writeoff_journal_id,
        )
        self.entry_id._reverse_moves(
            [
                {
                    "date": date,
                    "ref": self.env._("Reversal of %(entry)s", entry=entry.name),
                }
                for entry in self.entry_id
            ],
            cancel=True,
        )

    def _mark_reversed(self, reversals):
        """Note that entries were reversed, by us or with Odoo's own wizard."""
        by_entry = {move.reversed_entry_id: move for move in reversals}
        for line in self:
            line._unguarded().write(
                {
                    "state": "reversed",
                    "reversal_id": by_entry[line.entry_id].id,
                    "is_unmatched": False,
                }
            )
        self.writeoff_id._mark_reversed()
        self._tell_debtors(self.env._("Write-off reversed"))
