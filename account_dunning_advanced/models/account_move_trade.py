from odoo import models

from .account_dunning_guard import GUARD_SENTINEL

# Context key under which core itself sets the state of what it posts. The value is an
# object that no RPC call can send.
POSTING_KEY = "account_dunning_posting"


class AccountMove(models.Model):
    """What being late does to new invoices."""

    # a room of its own, see account_dunning_debtor_trade
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    # === CRUD METHODS === #

    def write(self, vals):
        """Stop what is posted by its state alone, past the button."""
        if (
            vals.get("state") == "posted"
            and not self.env.su
            and self.env.context.get(POSTING_KEY) is not GUARD_SENTINEL
        ):
            self._check_dunning_trade()
        return super().write(vals)

    # === ACTION METHODS === #

    def action_post(self):
        """Stop invoices to late payers; what the dunning process bills is not new."""
        self._check_dunning_trade()
        return super().action_post()

    # === BUSINESS METHODS === #

    def _post(self, soft=True):
        """Stop dated and recurring invoices as well, which the nightly job posts.

        Others that come here without a person's click are left alone: a shop's order
        is paid already when its invoice is made.
        """
        self.filtered(lambda move: move.auto_post != "no")._check_dunning_trade()
        moves = self.with_context(**{POSTING_KEY: GUARD_SENTINEL})
        return super(AccountMove, moves)._post(soft=soft).with_env(self.env)

    def _is_new_business(self):
        """Return whether the document is a draft that sells something."""
        self.ensure_one()
        return (
            self.state == "draft"
            and self.move_type in ("out_invoice", "out_receipt")
            and not self._is_dunning_charge()
            and bool(self.partner_id)
        )

    def _check_dunning_trade(self):
        """:raise UserError: new invoices of the customer are stopped."""
        Debtor = self.env["account.dunning.debtor"]
        documents = self.filtered(lambda move: move._is_new_business())
        for company, moves in documents.grouped("company_id").items():
            debtors = Debtor._get_up_to_date(moves.partner_id, company)
            by_partner = debtors.grouped("partner_id")
            for move in moves:
                debtor = by_partner.get(move.commercial_partner_id, Debtor)
                debtor._check_trade(move)

    def _get_alerts(self):
        alerts = super()._get_alerts()
        debtor_sudo = self.env["account.dunning.debtor"]
        if self._is_new_business():
            debtor_sudo = debtor_sudo._get_of_partner(self.partner_id, self.company_id)
        if debtor_sudo.trade_text:
            alerts["account_dunning_trade"] = {
                "level": "danger" if debtor_sudo.trade_effect == "stop" else "warning",
                "message": debtor_sudo.trade_text,
            }
        return alerts

    def _build_credit_warning_message(self, record, **kwargs):
        """Say on other documents, such as orders, that the customer is late."""
        message = super()._build_credit_warning_message(record, **kwargs)
        if record._name == self._name:
            return message
        debtor_sudo = self.env["account.dunning.debtor"]._get_of_partner(
            record.partner_id, record.company_id
        )
        return "\n".join(filter(None, [message, debtor_sudo.trade_text]))
