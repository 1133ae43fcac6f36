from odoo import api, fields, models
from odoo.fields import Domain


class AccountMoveWorklist(models.Model):
    """What lists and forms of invoices say of dunning, without opening the debtor."""

    # a room of its own: nothing here is stored
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.move"

    dunning_reason = fields.Selection(
        groups="base.group_user",
        selection=lambda self: self._selection_dunning_reason(),
        compute="_compute_dunning_reason",
        help="What a run today would decide about the largest open item.",
    )
    is_dunning_held = fields.Boolean(
        string="Dunning on Hold",
        compute="_compute_dunning_stops",
        search="_search_is_dunning_held",
        help="A hold on the invoice, one of its items or the customer is in force.",
    )
    dunning_agreement_id = fields.Many2one(
        comodel_name="account.dunning.promise",
        string="Agreement",
        compute="_compute_dunning_stops",
        search="_search_dunning_agreement_id",
        help="The promise, plan or settlement that is on track for the invoice.",
    )
    is_dunning_disputed = fields.Boolean(
        string="Disputed",
        compute="_compute_dunning_stops",
        search="_search_is_dunning_disputed",
        help="An open dispute takes in the invoice, or a part of it.",
    )

    # === COMPUTE METHODS === #

    @api.model
    def _selection_dunning_reason(self):
        return self.env["account.move.line"]._selection_dunning_reason()

    @api.depends_context("uid")
    def _compute_dunning_reason(self):
        items = self._get_dunning_items().grouped("move_id")
        # one statement for all of them
        self.env["account.move.line"].union(*items.values()).mapped("dunning_reason")
        for move in self:
            largest = items.get(move, self.line_ids[:0]).sorted(
                lambda item: -item.amount_residual
            )[:1]
            move.dunning_reason = largest.dunning_reason

    def _compute_dunning_stops(self):
        held = self._get_held()
        agreements = {
            claim.move_line_id.move_id: claim.promise_id
            for claim in self.env["account.dunning.promise.item"]
            .sudo()
            .search([("is_open", "=", True), ("move_line_id.move_id", "in", self.ids)])
        }
        disputed = (
            self.env["account.dunning.dispute.line"]
            .sudo()
            .search(
                [
                    ("dispute_id.state", "=", "open"),
                    ("move_line_id.move_id", "in", self.ids),
                ]
            )
            .move_line_id.move_id
        )
        for move in self:
            move.is_dunning_held = move in held
            move.dunning_agreement_id = agreements.get(move)
            move.is_dunning_disputed = move in disputed

    @api.model
    def _search_is_dunning_held(self, operator, value):
        if operator != "in":
            return NotImplemented
        holds = self._get_active_holds()
        inside = (
            Domain("id", "in", holds.move_id.ids)
            | Domain("line_ids", "in", holds.move_line_id.ids)
            | Domain.OR(
                Domain("company_id", "=", company.id)
                & Domain("commercial_partner_id", "in", of_company.debtor_id.ids)
                for company, of_company in holds.filtered("partner_id")
                .grouped("company_id")
                .items()
            )
        )
        return Domain.OR(inside if wanted else ~inside for wanted in value)

    @api.model
    def _search_dunning_agreement_id(self, operator, value):
        if operator not in ("in", "any"):
            return NotImplemented
        claimed = Domain("is_open", "=", True)
        items = self.env["account.dunning.promise.item"].sudo()
        if operator == "in" and False in value:
            of_none = ~Domain("line_ids", "in", items.search(claimed).move_line_id.ids)
            others = [id_ for id_ in value if id_]
            return of_none | self._search_dunning_agreement_id("in", others)
        found = items.search(claimed & Domain("promise_id", operator, value))
        return Domain("line_ids", "in", found.move_line_id.ids)

    @api.model
    def _search_is_dunning_disputed(self, operator, value):
        if operator != "in":
            return NotImplemented
        lines_sudo = (
            self.env["account.dunning.dispute.line"]
            .sudo()
            .search([("dispute_id.state", "=", "open")])
        )
        inside = Domain("line_ids", "in", lines_sudo.move_line_id.ids)
        return Domain.OR(inside if wanted else ~inside for wanted in value)

    # === ACTION METHODS === #

    def action_view_dunning_debtor(self):
        """Open the page of the debtor who owes the invoice."""
        self.ensure_one()
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.commercial_partner_id, self.company_id
        )
        return debtor._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def _get_active_holds(self):
        # who sees the invoice sees that it is on hold
        return (
            self.env["account.dunning.hold"]
            .sudo()
            .search(
                [
                    ("state", "=", "active"),
                    ("company_id", "in", self.env.companies.ids),
                ]
            )
        )

    def _get_held(self):
        """Return those of these invoices that a hold stops."""
        holds = self._get_active_holds()
        held_debtors = {
            (hold.debtor_id, hold.company_id) for hold in holds.filtered("partner_id")
        }
        return self.filtered(
            lambda move: (
                move in holds.move_id
                or move.line_ids & holds.move_line_id
                or (move.commercial_partner_id, move.company_id) in held_debtors
            )
        )
