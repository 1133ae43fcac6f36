from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

# What the wizard may be opened for, and how to get from it to journal items.
TARGETS = {
    "account.dunning.debtor": "partner_id.commercial_partner_id",
    "res.partner": "partner_id.commercial_partner_id",
    "account.move": "move_id",
    "account.move.line": "id",
}


class AccountDunningWriteoffCreate(models.TransientModel):
    """Ask for the selected debtors, invoices or items to be written off."""

    _name = "account.dunning.writeoff.create"
    _description = "Write Off"

    res_model = fields.Char(required=True)
    res_ids = fields.Json(required=True)
    item_count = fields.Integer(compute="_compute_item_count")
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
        help="Only open items of this company are written off.",
    )
    country_id = fields.Many2one(related="company_id.account_fiscal_country_id")
    date = fields.Date(
        string="Accounting Date",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
    )
    reason_id = fields.Many2one(
        comodel_name="account.dunning.writeoff.reason",
        required=True,
        domain="[('country_id', 'in', (country_id, False)),"
        " ('company_id', 'in', (company_id, False))]",
    )
    reason_evidence = fields.Text(
        string="Evidence to Keep", related="reason_id.evidence"
    )
    note = fields.Text()

    @api.depends("res_model", "res_ids", "company_id")
    def _compute_item_count(self):
        for wizard in self:
            wizard.item_count = len(wizard._get_items())

    @api.model
    def _open(self, records):
        """Return the action that opens the wizard for these records."""
        if records._name not in TARGETS or not records:
            raise UserError(self.env._("There is nothing to write off."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write Off"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": records._name,
                "default_res_ids": records.ids,
                "default_company_id": self._get_company(records).id,
            },
        }

    @api.model
    def _get_company(self, records):
        """Return whose ledger: that of the records; of customers, the current one."""
        if records._name == "res.partner":
            return self.env.company
        return records.company_id[:1] or self.env.company

    def action_apply(self):
        """Make a draft request of the selected open items and open it."""
        self.ensure_one()
        items = self._get_items()
        if not items:
            raise UserError(
                self.env._("None of this is open and free of other write-offs.")
            )
        request = self.env["account.dunning.writeoff"].create(
            {
                "company_id": self.company_id.id,
                "date": self.date,
                "reason_id": self.reason_id.id,
                "note": self.note,
                "line_ids": [
                    Command.create({"move_line_id": item.id, "amount": amount})
                    for item, amount in self._get_amounts(items).items()
                ],
            }
        )
        return request._get_open_action()

    def _get_items(self):
        """Return the selected items that are open and in no other open request."""
        self.ensure_one()
        if self.res_model not in TARGETS:
            return self.env["account.move.line"]
        records = self.env[self.res_model].browse(self.res_ids)
        records.check_access("read")
        keys = records.partner_id if "debtor" in self.res_model else records
        if self.res_model == "res.partner":
            keys = records.commercial_partner_id
        domain = Domain(
            [
                (TARGETS[self.res_model], "in", keys.ids),
                ("company_id", "=", self.company_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("amount_residual_currency", ">", 0),
            ]
        )
        items = self.env["account.move.line"].search(domain, order="date_maturity, id")
        taken = self.env["account.dunning.writeoff.line"].search(
            [
                ("move_line_id", "in", items.ids),
                "|",
                ("state", "=", "open"),
                ("is_unmatched", "=", True),
            ]
        )
        return items - taken.move_line_id

    def _get_amounts(self, items):
        """Return {item: amount}: what is open, less the memorandum that remains.

        The memorandum is kept on the newest items of each customer.
        """
        memo = self.reason_id.memo_amount
        kept = dict.fromkeys(items.partner_id.commercial_partner_id, memo)
        kept[self.env["res.partner"]] = memo
        amounts = {}
        for item in reversed(items):
            partner = item.partner_id.commercial_partner_id
            keep = self.reason_id.currency_id._convert(
                kept[partner], item.currency_id, item.company_id, self.date
            )
            amount = item.currency_id.round(item.amount_residual_currency - keep)
            if amount > 0:
                kept[partner] = 0
                amounts[item] = amount
            else:
                kept[partner] -= self._get_memo_part(item)
        return amounts

    def _get_memo_part(self, item):
        """Return an item's open amount in the currency of the memorandum."""
        return item.currency_id._convert(
            item.amount_residual_currency,
            self.reason_id.currency_id,
            item.company_id,
            self.date,
        )
