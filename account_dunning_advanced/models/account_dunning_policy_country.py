from odoo import api, fields, models

from .account_dunning_interest import CONFIDENCES


class AccountDunningPolicyCountry(models.Model):
    """Ladders that are usual in a country, for companies that have not chosen one.

    They are shipped archived and shared; the first company of the country brings its
    ladder into use. From then on it is the users', and no upgrade touches it.
    """

    # a room of its own: what comes with the addon
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.policy"

    country_id = fields.Many2one(
        comodel_name="res.country",
        string="Usual In",
        index="btree_not_null",
        help="New companies of this country begin with the policy.",
    )
    country_group_id = fields.Many2one(
        comodel_name="res.country.group",
        string="Usual In Countries Of",
        help="The same for countries that have no policy of their own.",
    )
    source = fields.Char(help="The laws and customs that the steps follow.")
    verified_on = fields.Date(help="The day on which the source was looked up.")
    confidence = fields.Selection(
        selection=CONFIDENCES,
        help="How sure it is that the steps are usual and lawful there.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _find_for_country(self, country):
        """Return the shipped ladder of a country: its own, its group's, or any's.

        Archived ones too: that is how they wait for their first company.
        """
        shared = self.with_context(active_test=False).search(
            [("company_id", "=", False), ("country_id", "in", [False, country.id])]
        )
        own = shared.filtered(lambda policy: country and policy.country_id == country)
        of_group = shared.filtered(
            lambda policy: not policy.country_id
            and country in policy.country_group_id.country_ids
        )
        default = self.env.ref(
            "account_dunning_advanced.account_dunning_policy_default",
            raise_if_not_found=False,
        )
        return own[:1] or of_group[:1] or default or self.browse()
