from odoo import api, models


class ResCompanyPolicy(models.Model):
    """The ladder with which a company begins."""

    # a room of its own: set-up
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "res.company"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        for company, vals in zip(companies, vals_list, strict=True):
            if "dunning_policy_id" not in vals:
                company._take_usual_dunning_policy()
        return companies

    def write(self, vals):
        nowhere = self.browse()
        if vals.get("country_id") and "dunning_policy_id" not in vals:
            nowhere = self.filtered(lambda company: company._is_dunning_untouched())
        result = super().write(vals)
        nowhere._take_usual_dunning_policy()
        return result

    # === BUSINESS METHODS === #

    def _is_dunning_untouched(self):
        """Whether nobody can have chosen the policy for what the company is.

        It had no country yet, has what companies without one get, and never dunned.
        """
        self.ensure_one()
        # whoever sets the company's address need not see policies and runs
        company_sudo = self.sudo()
        usual = company_sudo.dunning_policy_id._find_for_country(self.country_id)
        return (
            not self.country_id
            and company_sudo.dunning_policy_id in (usual, usual.browse())
            and not company_sudo.env["account.dunning.run"].search_count(
                [("company_id", "=", self.id)], limit=1
            )
        )

    def _take_usual_dunning_policy(self):
        """Let companies begin with what is usual in their country.

        A branch does as the company above it.
        """
        for company_sudo in self.sudo():
            policy = company_sudo.parent_id.dunning_policy_id or company_sudo.env[
                "account.dunning.policy"
            ]._find_for_country(company_sudo.country_id)
            policy.filtered(lambda policy: not policy.active).active = True
            company_sudo.dunning_policy_id = policy
