from odoo import api, fields, models


class AccountDunningAgingBucket(models.Model):
    """An age group of receivables: from so many days overdue until the next begins.

    Groups without a company are for all companies that have none of their own.
    """

    _name = "account.dunning.aging.bucket"
    _description = "Age Group"
    _order = "company_id, days_from, id"
    _rec_name = "days_from"

    company_id = fields.Many2one(
        comodel_name="res.company",
        index="btree_not_null",
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="Empty: for every company that has no age groups of its own.",
    )
    days_from = fields.Integer(
        string="From (days overdue)",
        aggregator=None,
        required=True,
        help="The group begins so many days after the due date and ends where the"
        " next one begins. The first group also takes what is younger: with 0 it is"
        " what is not overdue.",
    )
    days_to = fields.Integer(
        string="To (days overdue)",
        compute="_compute_days_to",
        help="The last day of the group; 0 for the last group, which has no end, and"
        " for what is not overdue.",
    )

    _days_company_uniq = models.UniqueIndex(
        "(COALESCE(company_id, 0), days_from)",
        "Each age group begins on a day of its own.",
    )

    # === COMPUTE METHODS === #

    @api.depends("days_from", "company_id")
    def _compute_days_to(self):
        for bucket in self:
            later = bucket._get_siblings().filtered(
                lambda sibling, days=bucket.days_from: sibling.days_from > days
            )
            bucket.days_to = min(later.mapped("days_from"), default=1) - 1

    @api.depends("days_from", "company_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for bucket in self:
            bucket.display_name = bucket._get_label()

    # === BUSINESS METHODS === #

    def _get_siblings(self):
        self.ensure_one()
        return self.search([("company_id", "=", self.company_id.id)])

    def _get_label(self):
        """Return what the group is called, from its days."""
        self.ensure_one()
        siblings = self._get_siblings().mapped("days_from")
        is_first, is_last = (
            self.days_from == min(siblings, default=None),
            self.days_from == max(siblings, default=None),
        )
        if is_last:
            return self.env._("Over %(days)s days", days=self.days_from - 1)
        if is_first and self.days_to <= 0:
            return self.env._("Not due")
        if is_first:
            return self.env._("Up to %(days)s days", days=self.days_to)
        return self.env._(
            "%(first)s–%(last)s days", first=self.days_from, last=self.days_to
        )

    @api.model
    def _get_for_companies(self, companies):
        """Return {company: its age groups, youngest first}."""
        # age groups are shared knowledge: who may see the report sees its columns
        buckets_sudo = self.sudo().search(
            [("company_id", "in", [False, *companies.ids])], order="days_from, id"
        )
        shared = buckets_sudo.filtered(lambda bucket: not bucket.company_id)
        return {
            company: buckets_sudo.filtered(
                lambda bucket, company=company: bucket.company_id == company
            ).sudo(self.env.su)
            or shared.sudo(self.env.su)
            for company in companies
        }
