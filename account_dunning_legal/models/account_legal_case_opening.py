from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from odoo.addons.account_dunning_advanced.engine.assessment import STILL_OWED

from ..engine import claim


class AccountLegalCaseOpening(models.Model):
    """Which items a case takes, the gate it passes, and how its account begins."""

    _inherit = "account.legal.case"

    # === BUSINESS METHODS - OPENING === #

    @api.model
    def _create_for(self, partner, company):
        """Return the customer's draft cases, making them where there are none.

        One a currency in which items have reached the top level; where there is none,
        an empty one in the company's currency, to be filled by hand.
        """
        partner = partner.commercial_partner_id
        drafts = self.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", company.id),
                ("state", "=", "draft"),
            ]
        )
        if drafts:
            return drafts
        vals = {"partner_id": partner.id, "company_id": company.id}
        items = self._find_top_level_items(partner, company)
        return self.create(
            [
                {
                    **vals,
                    "currency_id": currency.id,
                    "move_line_ids": [Command.set(of_currency.ids)],
                }
                for currency, of_currency in items.grouped("currency_id").items()
            ]
            or [vals]
        )

    def _find_items(self):
        """Return the items at the top level that fit this case."""
        self.ensure_one()
        return self._find_top_level_items(self.partner_id, self.company_id).filtered(
            lambda line: line.currency_id == self.currency_id
        )

    @api.model
    def _find_top_level_items(self, partner, company):
        rows = self.env["account.dunning.assessment"]._assess(
            company, company._dunning_today(), partner
        )
        return self.env["account.move.line"].browse(
            row["line_id"] for row in rows if row["reason"] == "top_level"
        )

    def _get_item_domain(self):
        """Return the domain of the journal items that the case can claim."""
        self.ensure_one()
        return (
            Domain("partner_id.commercial_partner_id", "=", self.partner_id.id)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("currency_id", "=", self.currency_id.id)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("parent_state", "=", "posted")
        )

    def _open(self):
        self.ensure_one()
        # two clerks must not open two cases over one item at once
        self.move_line_ids.sudo().lock_for_update(allow_referencing=True)
        self._check_gate()
        self.env["account.legal.claim"].create(self._prepare_claims())
        if not self.claim_ids:
            raise UserError(
                self.env._(
                    "Case %(case)s claims nothing. Add open items first.",
                    case=self.display_name,
                )
            )
        self._write_state(
            {"state": "open", "date_open": self.company_id._dunning_today()}
        )
        self.env["account.legal.clock"]._get_for(self.move_line_ids)
        self._schedule_current_step()

    def _check_gate(self):
        """Check that the items may be claimed in court, and that it is time.

        :raise UserError: money is under way for an item, it is not due, or it is in
            another case; or milder steps are left and no administrator says why.
        """
        self.ensure_one()
        rows = self.move_line_ids._get_dunning_rows(self.company_id._dunning_today())
        for line in self.move_line_ids:
            self._check_owed(line, rows[line.id])
        early = self.move_line_ids.filtered(
            lambda line: rows[line.id]["reason"] != "top_level"
        )[:1]
        if early or not self.move_line_ids:
            self._check_early(early, rows.get(early.id))

    def _check_owed(self, line, row):
        """:raise UserError: the item may not be claimed, or not all of it."""
        if row["reason"] in self._get_forbidden_reasons():
            raise UserError(
                self.env._(
                    "%(item)s cannot be claimed now. %(explanation)s",
                    item=line.move_name,
                    explanation=self._explain_row(row),
                )
            )
        if row["covered"]:
            raise UserError(
                self.env._(
                    "%(amount)s of %(item)s is covered by open credits or payments"
                    " under way. Match them with the invoice first.",
                    amount=line.currency_id.format(float(row["covered"])),
                    item=line.move_name,
                )
            )

    @api.model
    def _get_forbidden_reasons(self):
        """Return the reasons for which nobody may claim an item in court.

        For an addon to add one, it must override this method.
        """
        selection = self.env["account.move.line"]._selection_dunning_reason()
        reasons = {reason for reason, _label in selection}
        return reasons - set(STILL_OWED) - self._get_overridable_reasons()

    @api.model
    def _get_overridable_reasons(self):
        """Return the stops that an administrator may pass, saying why.

        They are set by people; that money is under way, or that an item is not due,
        is a fact.
        """
        return {"excluded", "blocked", "no_policy"}

    @api.model
    def _explain_row(self, row):
        if "currency_id" not in row:
            return self.env._("It is not open any more.")
        return self.env["account.dunning.verdict"]._explain(row)[0]

    def _check_early(self, item, row):
        """:raise UserError: no administrator has stated why milder steps are left."""
        self.ensure_one()
        if self._is_manager() and (self.early_reason or "").strip():
            return
        why = (
            self.env._(
                "%(item)s has not reached the last dunning level. %(explanation)s",
                item=item.move_name,
                explanation=self._explain_row(row),
            )
            if item
            else self.env._("Case %(case)s has no open items.", case=self.display_name)
        )
        raise UserError(
            self.env._(
                "%(why)s A dunning administrator can open the case, stating the"
                " reason.",
                why=why,
            )
        )

    def _prepare_claims(self):
        """Return the first events of the claim account, from the ledger.

        What was invoiced counts from its due date, what was paid or credited from
        the day it was matched.
        """
        self.ensure_one()
        vals_list = []
        for line in self.move_line_ids:
            vals_list.append(
                {
                    "case_id": self.id,
                    "date": line.date_maturity or line.date,
                    "kind": "principal",
                    "amount": line.amount_currency,
                    "move_line_id": line.id,
                    "note": line.move_name,
                }
            )
            vals_list += line.matched_credit_ids._prepare_legal_claims(self)
        return vals_list

    def _get_claim_events(self):
        """Return the events of the claim account; a draft's as opening would begin it.

        :return: list of engine ``Event``.
        """
        self.ensure_one()
        events = self.claim_ids._get_events()
        if self.state == "draft":
            events += [
                claim.Event(0, vals["date"], vals["kind"], vals["amount"])
                for vals in self._prepare_claims()
            ]
        return events
