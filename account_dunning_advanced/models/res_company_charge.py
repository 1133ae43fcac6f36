from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompanyCharge(models.Model):
    """With what charges are billed: journal, products, and what is missing of them."""

    # a room of its own: charges
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    dunning_charge_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Journal for Dunning Charges",
        domain="[('type', '=', 'sale'), ('company_id', '=', id)]",
        check_company=True,
        help="Bills of interest and fees are posted here.",
    )
    dunning_interest_product_id = fields.Many2one(
        comodel_name="product.product", string="Interest Product", check_company=True
    )
    dunning_fee_product_id = fields.Many2one(
        comodel_name="product.product", string="Fee Product", check_company=True
    )
    dunning_lump_sum_product_id = fields.Many2one(
        comodel_name="product.product", string="Lump Sum Product", check_company=True
    )
    dunning_waive_limit = fields.Monetary(
        groups="base.group_user",
        help="Up to this sum at a time a collector may waive charges; a dunning manager"
        " may waive any.",
    )

    # === CONSTRAINTS AND ONCHANGES === #

    @api.constrains(
        "dunning_charge_journal_id",
        "dunning_interest_product_id",
        "dunning_fee_product_id",
        "dunning_lump_sum_product_id",
    )
    def _check_dunning_charge_setup(self):
        """Refuse what cannot bill charges.

        :raise ValidationError: it is chosen.
        :raise RedirectWarning: levels charge, and it is taken away.
        """
        for company in self:
            chosen = [
                company._get_dunning_journal_gap(company.dunning_charge_journal_id),
                *(
                    company._get_dunning_archived_gap(company[name])
                    for name in (
                        "dunning_interest_product_id",
                        "dunning_fee_product_id",
                        "dunning_lump_sum_product_id",
                    )
                ),
            ]
            for message in filter(None, chosen):
                raise ValidationError(message)
        self._check_dunning_charges_in_use()

    # === BUSINESS METHODS === #

    def _get_dunning_product(self, kind):
        """Return the product of a kind of charge: the company's, or the shipped one."""
        self.ensure_one()
        # not env.ref(): it asks the database each time, and this is asked for each line
        shipped_id = self.env["ir.model.data"]._xmlid_to_res_id(
            f"account_dunning_advanced.product_{kind}"
        )
        product = self[f"dunning_{kind}_product_id"]
        return product or product.browse(shipped_id or [])

    def _get_dunning_charge_journal(self):
        """Return the journal that bills of charges are posted in.

        :raise RedirectWarning: there is none, or it cannot take the bills.
        """
        self._check_dunning_charge_settings()
        # of a branch, the company above it may have set the journal
        return next(
            company.dunning_charge_journal_id
            for company in self.sudo().parent_ids[::-1]
            if company.dunning_charge_journal_id
        )

    # === BUSINESS METHODS - WHAT IS MISSING === #

    def _check_dunning_charge_settings(self):
        """:raise RedirectWarning: journal, product or account is missing."""
        for company in self:
            message = company._get_dunning_charge_gap()
            if message:
                raise self._redirect_to_dunning_settings(message)

    def _check_dunning_charges_in_use(self):
        """Refuse to take away what levels that charge need, here or in a branch.

        :raise RedirectWarning: journal, product or account is missing.
        """
        # settings are the administrator's, who need not see policies
        for company in self.sudo().search([("id", "child_of", self.ids)]):
            policies = company.env["account.dunning.policy"].search(
                [
                    "|",
                    ("company_id", "parent_of", company.ids),
                    "&",
                    ("company_id", "=", False),
                    ("id", "=", company.dunning_policy_id.id),
                ]
            )
            if any(policy._bills_charges() for policy in policies):
                company._check_dunning_charge_settings()

    def _get_dunning_charge_gap(self):
        """Return what is missing to bill charges, or an empty text."""
        self.ensure_one()
        journals = self.sudo().parent_ids.dunning_charge_journal_id
        if not journals:
            return self.env._(
                "Choose the journal for dunning charges of %(company)s first.",
                company=self.name,
            )
        journal = journals[-1]
        gap = self._get_dunning_journal_gap(journal)
        if gap:
            return gap
        for product in self._get_dunning_charge_products():
            gap = self._get_dunning_product_gap(product, journal)
            if gap:
                return gap
        return ""

    @api.model
    def _get_dunning_journal_gap(self, journal):
        """Return why a journal cannot take the bills, or an empty text."""
        if journal and not journal.active:
            return self.env._(
                "Journal %(journal)s for dunning charges is archived.",
                journal=journal.display_name,
            )
        if journal and journal.type != "sale":
            return self.env._(
                "Journal %(journal)s for dunning charges is not a sales journal.",
                journal=journal.display_name,
            )
        return ""

    @api.model
    def _get_dunning_archived_gap(self, product):
        """Return that a product is archived, or an empty text."""
        if product and not product.active:
            return self.env._(
                "Product %(product)s for dunning charges is archived.",
                product=product.display_name,
            )
        return ""

    def _get_dunning_charge_products(self):
        """Return the products that charges are billed with, empty where one lacks."""
        self.ensure_one()
        products = [
            self._get_dunning_product(kind) for kind in ("interest", "fee", "lump_sum")
        ]
        own = (
            self.env["account.dunning.level"]
            .sudo()
            .search(
                [
                    ("company_id", "in", [False, *self.parent_ids.ids]),
                    ("charge_ids.product_id", "!=", False),
                ]
            )
            .charge_ids.product_id
        )
        return [*products, *own]

    def _get_dunning_product_gap(self, product, journal):
        """Return what a product lacks to be billed in a journal, or an empty text."""
        self.ensure_one()
        if not product:
            return self.env._(
                "Choose the products for dunning charges of %(company)s first.",
                company=self.name,
            )
        gap = self._get_dunning_archived_gap(product)
        if gap:
            return gap
        accounts = product.with_company(self).product_tmpl_id.get_product_accounts()
        account = accounts["income"] or journal.default_account_id
        if not account:
            return self.env._(
                "Product %(product)s has no income account, and neither has journal"
                " %(journal)s.",
                product=product.display_name,
                journal=journal.display_name,
            )
        if not account.active:
            return self.env._(
                "Account %(account)s of product %(product)s is archived.",
                account=account.display_name,
                product=product.display_name,
            )
        return ""
