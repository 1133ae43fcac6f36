from odoo import api, fields, models
from odoo.exceptions import ValidationError


class AccountDunningTerms(models.Model):
    """The right to charge by agreement: what was agreed, with whom, in which clause."""

    _name = "account.dunning.terms"
    _description = "Terms on Dunning Charges"
    _order = "company_id, partner_id, move_id, date_from desc, id"
    _rec_name = "clause"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        index="btree_not_null",
        ondelete="cascade",
        domain="[('parent_id', '=', False)]",
        help="Agreed with this customer; empty for the company's general terms.",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        index="btree_not_null",
        ondelete="cascade",
        check_company=True,
        domain="[('move_type', '=', 'out_invoice')]",
        help="Agreed for this invoice only.",
    )
    clause = fields.Char(
        required=True, help="Where it is agreed, e.g. “General terms of 2024, § 7”."
    )
    allows_fee = fields.Boolean(
        string="Fees", default=True, help="Dunning fees are agreed."
    )
    allows_interest = fields.Boolean(
        string="Interest",
        default=True,
        help="Interest is agreed. Without it, terms with a customer or for an invoice"
        " exclude all interest, and general terms that above the law.",
    )
    interest_id = fields.Many2one(
        comodel_name="account.dunning.interest",
        string="Agreed Interest",
        check_company=True,
        help="The agreed rate; empty for that of the policy or the law.",
    )
    date_from = fields.Date(help="Holds for invoices from this day on; empty: always.")
    date_to = fields.Date(help="Holds for invoices until this day; empty: always.")

    _dates_in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_from IS NULL OR date_from <= date_to)",
        "The terms end before they begin.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains("move_id", "partner_id")
    def _check_partner_of_move(self):
        for terms in self:
            customer = terms.move_id.commercial_partner_id
            if terms.partner_id and customer not in (
                customer.browse(),
                terms.partner_id.commercial_partner_id,
            ):
                raise ValidationError(
                    self.env._(
                        "%(invoice)s is not an invoice of %(customer)s.",
                        invoice=terms.move_id.display_name,
                        customer=terms.partner_id.display_name,
                    )
                )

    # === BUSINESS METHODS === #

    @api.model
    def _search_for(self, company, partners, moves):
        """Return all terms that may concern these customers and invoices."""
        # what was agreed decides, not what the user may see of it
        return self.sudo().search(
            [
                ("company_id", "in", company.parent_ids.ids),
                ("move_id", "in", [False, *moves.ids]),
                "|",
                ("partner_id", "=", False),
                # what was agreed with a contact is agreed with the company it is of
                ("partner_id.commercial_partner_id", "in", partners.ids),
            ]
        )

    def _get_customer(self):
        """Return the only customer that the terms can hold for; none: for all."""
        self.ensure_one()
        return (self.partner_id or self.move_id).commercial_partner_id

    def _get_for(self, move, partner):
        """Return the terms that hold for a customer's item; the nearest first.

        Invoice before customer before company; a later beginning before an earlier.

        :param account.move move: the item's invoice or entry.
        :param res.partner partner: the customer, a commercial partner.
        """
        day = move.invoice_date or move.date

        def fits(terms):
            return (
                terms.move_id in (terms.move_id.browse(), move)
                and terms.partner_id.commercial_partner_id
                in (partner.browse(), partner)
                and (not terms.date_from or terms.date_from <= day)
                and (not terms.date_to or day <= terms.date_to)
            )

        def nearness(terms):
            return (
                not terms.move_id,
                not terms.partner_id,
                -(terms.date_from.toordinal() if terms.date_from else 0),
                terms.id,
            )

        return self.filtered(fits).sorted(nearness)
