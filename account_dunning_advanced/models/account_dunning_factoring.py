from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL


class AccountDunningFactoring(models.Model):
    """Claims that were sold or pledged to a factor, and who duns them.

    All claims on some customers, as a framework contract has it, or single items. Who
    is to pay a factor must not be asked to pay us: what the factor collects itself is
    not dunned (reason ``factored``), and what we collect for it is dunned in the
    factor's name, to the factor's account, and without charges, since the damage of the
    delay is the new creditor's. A silent assignment changes nothing for the customer
    and is only remembered.

    It counts from its first to its last day, both included, until the claims are given
    back.
    """

    _name = "account.dunning.factoring"
    _description = "Claims Sold or Pledged"
    _inherit = ["account.dunning.period", "mail.thread"]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Contract", required=True, tracking=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    factor_id = fields.Many2one(
        comodel_name="res.partner",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        help="The bank or company to whom the claims belong or are pledged.",
    )
    kind = fields.Selection(
        selection=[("sold", "Sold"), ("pledged", "Pledged")],
        required=True,
        default="sold",
        tracking=True,
    )
    dunning = fields.Selection(
        selection=[
            ("none", "Nobody here: the factor collects"),
            ("factor", "We, in the factor's name"),
            ("own", "We, as before: the customer does not know"),
        ],
        string="Who Duns",
        required=True,
        default="none",
        tracking=True,
    )
    bank_account_id = fields.Many2one(
        comodel_name="res.partner.bank",
        string="Account to Pay Into",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="Named on the notices instead of the company's account.",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
        tracking=True,
        help="Day of the assignment.",
    )
    date_to = fields.Date(
        string="Until",
        tracking=True,
        help="Last day of the assignment; empty for open.",
    )
    date_ended = fields.Date(
        string="Given Back On",
        readonly=True,
        copy=False,
        tracking=True,
        help="The day from which the claims are the company's again.",
    )
    state = fields.Selection(
        selection=[("planned", "Planned"), ("active", "In force"), ("ended", "Ended")],
        compute="_compute_state",
        search="_search_state",
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        relation="account_dunning_factoring_partner_rel",
        string="Customers",
        # who is archived owes as before
        context={"active_test": False},
        help="All claims on these customers' whole companies.",
    )
    move_line_ids = fields.Many2many(
        comodel_name="account.move.line",
        relation="account_dunning_factoring_move_line_rel",
        string="Single Items",
        check_company=True,
        domain="[('account_type', '=', 'asset_receivable'),"
        " ('parent_state', '=', 'posted'), ('amount_residual', '>', 0)]",
    )

    _days_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "An assignment cannot end before it begins."
    )

    # === CONSTRAINTS AND ONCHANGES === #

    # with the name, for fields that are left out on creating are not checked
    @api.constrains("name", "partner_ids", "move_line_ids")
    def _check_something(self):
        for factoring in self:
            if not factoring.partner_ids and not factoring.move_line_ids:
                raise ValidationError(
                    self.env._(
                        "Say which claims “%(contract)s” is about: customers or items.",
                        contract=factoring.name,
                    )
                )

    @api.constrains("dunning", "bank_account_id", "move_line_ids")
    def _check_factors_name(self):
        for factoring in self.filtered(lambda record: record.dunning == "factor"):
            if not factoring.bank_account_id:
                raise ValidationError(
                    self.env._("Choose the account to which the customers are to pay.")
                )
            if factoring.move_line_ids:
                raise ValidationError(
                    self.env._(
                        "Single items cannot be dunned in the factor's name: one notice"
                        " asks for all of a customer's items and names one creditor."
                        " Choose the customers, or let the factor collect."
                    )
                )

    @api.constrains("move_line_ids")
    def _check_items(self):
        for item in self.move_line_ids:
            if item.account_type != "asset_receivable" or item.parent_state != "posted":
                raise ValidationError(
                    self.env._("%(item)s is not a claim.", item=item.display_name)
                )

    # === BUSINESS METHODS === #

    @api.model
    def _get_active(self, company, day):
        """Return the assignments in force in a company on a day, the oldest first.

        Who was first has the claim.
        """
        # Whoever sees an item sees why it is not dunned. Not cached: what another
        # process has just noted must count at once.
        return self.sudo().search(
            self._get_in_force_domain(company, day), order="date_from, id"
        )

    @api.model
    def _get_speaking(self, company, day):
        """Return {commercial partner: assignment} of who is dunned by a factor."""
        speaking = {}
        for factoring in self._get_active(company, day):
            if factoring.dunning == "factor":
                for partner in factoring.partner_ids.commercial_partner_id:
                    speaking.setdefault(partner, factoring)
        return speaking

    @api.model
    def _get_acting_fields(self):
        return super()._get_acting_fields() | {
            "factor_id",
            "kind",
            "dunning",
            "bank_account_id",
            "partner_ids",
            "move_line_ids",
        }

    def _touch_debtors(self):
        Debtor = self.env["account.dunning.debtor"].sudo()
        for factoring in self.sudo():
            partners = (
                factoring.partner_ids | factoring.move_line_ids.partner_id
            ).commercial_partner_id
            Debtor.search(
                [
                    ("partner_id", "in", partners.ids),
                    ("company_id", "child_of", factoring.company_id.ids),
                ]
            )._touch_all()

    def _get_taken_sql(self):
        """Return a join that gives items what takes them from us as ``factored.id``.

        Of several assignments that is the first of these, in their order.
        """
        return SQL(
            """LEFT JOIN (
                   SELECT DISTINCT ON (1) listed.account_move_line_id AS line_id,
                          listed.account_dunning_factoring_id AS id
                     FROM account_dunning_factoring_move_line_rel listed
                    WHERE listed.account_dunning_factoring_id = ANY(%(ids)s)
                    ORDER BY 1, ARRAY_POSITION(
                        %(ids)s, listed.account_dunning_factoring_id)
               ) factored_item ON factored_item.line_id = item.line_id
               LEFT JOIN (
                   SELECT DISTINCT ON (1) partner.commercial_partner_id AS debtor_id,
                          listed.account_dunning_factoring_id AS id
                     FROM account_dunning_factoring_partner_rel listed
                     JOIN res_partner partner ON partner.id = listed.res_partner_id
                    WHERE listed.account_dunning_factoring_id = ANY(%(ids)s)
                    ORDER BY 1, ARRAY_POSITION(
                        %(ids)s, listed.account_dunning_factoring_id)
               ) factored_debtor ON factored_debtor.debtor_id = item.debtor_id""",
            ids=self.ids,
        )

    def _get_text(self):
        """Say in one line to whom the claims belong and who collects them."""
        self.ensure_one()
        values = {"factor": self.factor_id.name, "contract": self.name}
        if self.dunning == "none":
            return self.env._(
                "Assigned to %(factor)s (%(contract)s), who collects.", **values
            )
        if self.dunning == "factor":
            return self.env._(
                "Assigned to %(factor)s (%(contract)s), dunned in its name.", **values
            )
        return self.env._(
            "Assigned to %(factor)s (%(contract)s); the customer does not know.",
            **values,
        )

    def _get_text_for(self, partner):
        """Say which claims on a commercial partner are meant, or an empty text."""
        self.ensure_one()
        if partner in self.partner_ids.commercial_partner_id:
            return self._get_text()
        items = self.move_line_ids.filtered(
            lambda item: item.partner_id.commercial_partner_id == partner
        )
        if not items:
            return ""
        numbers = ", ".join(items.move_id.sorted("date").mapped("name"))
        return f"{numbers}: {self._get_text()}"

    def _get_creditor_sentence(self):
        """Return what a customer must know to pay to the right place."""
        self.ensure_one()
        if self.kind == "pledged":
            return self.env._(
                "Our claims on you are pledged to %(factor)s, in whose name we write."
                " Only a payment into the account named here settles them.",
                factor=self.factor_id.name,
            )
        return self.env._(
            "Our claims on you were assigned to %(factor)s, in whose name we write."
            " Only a payment into the account named here settles them.",
            factor=self.factor_id.name,
        )
