from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

# What the wizard may be opened for, and how to get from journal items to it.
TARGETS = {
    "res.partner": "partner_id.commercial_partner_id",
    "account.dunning.debtor": "partner_id.commercial_partner_id",
    "account.dunning.notice": "id",
    "account.move": "move_id",
    "account.move.line": "id",
}


class AccountDunningDisputeCreate(models.TransientModel):
    """Open disputes on the selected customers, notices, invoices or items.

    One dispute a customer, company and currency.
    """

    _name = "account.dunning.dispute.create"
    _description = "Open a Dispute"

    res_model = fields.Char(required=True)
    res_ids = fields.Json(required=True)
    item_count = fields.Integer(compute="_compute_items")
    dispute_count = fields.Integer(compute="_compute_items")
    currency_id = fields.Many2one(comodel_name="res.currency", compute="_compute_items")
    amount_open = fields.Monetary(
        string="Open", compute="_compute_items", help="Open and not disputed yet."
    )
    amount = fields.Monetary(
        string="Disputed",
        compute="_compute_amount",
        store=True,
        readonly=False,
        help="A part of what is open; 0 disputes all of it.",
    )
    reason_id = fields.Many2one(
        comodel_name="account.dunning.dispute.reason",
        string="Reason Code",
        required=True,
    )
    reason = fields.Char(string="What the Customer Says")
    description = fields.Text(help="The objection at length, e.g. the customer's mail.")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Owner",
        required=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    deadline = fields.Date(help="Empty for the usual time.")
    evidence_ids = fields.Many2many(
        comodel_name="ir.attachment",
        relation="account_dunning_dispute_create_evidence_rel",
        string="Evidence",
    )

    @api.depends("res_model", "res_ids")
    def _compute_items(self):
        for wizard in self:
            items = wizard._get_items()
            groups = wizard._group(items)
            wizard.item_count = len(items)
            wizard.dispute_count = len(groups)
            wizard.currency_id = items.currency_id[:1]
            wizard.amount_open = (
                sum(items._get_undisputed().values()) if len(groups) == 1 else 0.0
            )

    @api.depends("res_model", "res_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard.amount_open

    @api.model
    def _open(self, records, **defaults):
        """Return the action that opens the wizard for these records.

        :param defaults: values to start with.
        """
        if records._name not in TARGETS or not records:
            raise UserError(self.env._("There is nothing to dispute."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open a Dispute"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_res_model": records._name,
                "default_res_ids": records.ids,
                **{f"default_{name}": value for name, value in defaults.items()},
            },
        }

    def _get_items(self):
        """Return the open claims behind the selected records."""
        Item = self.env["account.move.line"]
        if self.res_model not in TARGETS:
            return Item
        records = self.env[self.res_model].browse(self.res_ids)
        records.check_access("read")
        if self.res_model == "account.dunning.debtor":
            chosen = Domain.OR(
                Domain(TARGETS[self.res_model], "=", debtor.partner_id.id)
                & Domain("company_id", "=", debtor.company_id.id)
                for debtor in records
            )
        else:
            if self.res_model == "account.dunning.notice":
                records = records.line_ids.move_line_id
            elif self.res_model == "res.partner":
                records = records.commercial_partner_id
            chosen = Domain(TARGETS[self.res_model], "in", records.ids)
        return Item.search(
            chosen
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
            & Domain("reconciled", "=", False)
            & Domain("amount_residual_currency", ">", 0)
            & Domain("partner_id", "!=", False)
        )

    @api.model
    def _group(self, items):
        """Return the items by customer, company and currency."""
        return list(
            items.grouped(
                lambda item: (
                    item.partner_id.commercial_partner_id,
                    item.company_id,
                    item.currency_id,
                )
            ).values()
        )

    def action_apply(self):
        """Open the disputes and show them."""
        self.ensure_one()
        groups = self._group(self._get_items())
        if not groups:
            raise UserError(self.env._("Nothing of it is open."))
        disputes = self.env["account.dunning.dispute"].create(
            [self._prepare_dispute(items, len(groups) == 1) for items in groups]
        )
        return self.env["account.dunning.call"]._show(
            disputes, name=self.env._("Disputes")
        )

    def _prepare_dispute(self, items, is_single):
        self.ensure_one()
        values = {
            "partner_id": items.partner_id.commercial_partner_id.id,
            "move_line_ids": [Command.set(items.ids)],
            "reason_id": self.reason_id.id,
            "reason": self.reason or self.reason_id.name,
            "description": self.description,
            "user_id": self.user_id.id,
            "evidence_ids": [Command.set(self.evidence_ids.ids)],
        }
        if is_single and self.amount:
            values["amount"] = self.amount
        if self.deadline:
            values["deadline"] = self.deadline
        return values
