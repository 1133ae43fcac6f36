from odoo import api, fields, models
from odoo.tools import SQL

from ..engine.debtor import Source, Step


class AccountDunningDebtorProtection(models.Model):
    """A debtor whose data may be kept and not used (GDPR art. 18).

    The special stop says since when and why, and bars every contact at the gate but
    one that a manager permits with a reason. Here, what is not a contact stops too: the
    debtor is not ranked, nothing is worked out of how it pays and when it is reached,
    and no forecast learns from or tells of its payments.
    """

    # a room of its own: data protection
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    is_restricted = fields.Boolean(
        string="Processing Restricted",
        readonly=True,
        help="The person's data is kept and not used, for data protection.",
    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"is_restricted"}

    # === ACTION METHODS === #

    def action_export_personal(self):
        """Download everything that is held on the customer; for managers."""
        self.ensure_one()
        self.check_access("read")
        return self.partner_id.action_export_dunning_personal()

    def action_erase_personal(self):
        """Deal with the customer's request to be forgotten; for managers."""
        self.ensure_one()
        self.check_access("read")
        return self.partner_id.action_erase_dunning_personal()

    # === BUSINESS METHODS === #

    @api.model
    def _get_restricted_ids(self, company):
        """Return the ids of the commercial partners whose data may not be used now."""
        holds = (
            self.env["account.dunning.hold"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("stop", "=", "restricted"),
                    ("partner_id", "!=", False),
                    ("state", "=", "active"),
                ]
            )
        )
        return set(holds.debtor_id.ids)

    @api.model
    def _get_sources(self, company, scope):
        return [
            *super()._get_sources(company, scope),
            Source(
                name="restricted",
                select=SQL(
                    """SELECT DISTINCT debtor_id AS partner_id
                         FROM account_dunning_hold
                        WHERE company_id = %(company)s AND stop = 'restricted'
                          AND partner_id IS NOT NULL AND %(only)s
                          AND date_from <= %(day)s
                          AND COALESCE(date_to, %(day)s) >= %(day)s
                          AND COALESCE(date_ended, 'infinity') > %(day)s""",
                    company=scope.company_id,
                    only=scope.only(SQL("debtor_id")),
                    day=scope.day,
                ),
                columns={"is_restricted": SQL("restricted.partner_id IS NOT NULL")},
            ),
        ]

    @api.model
    def _get_steps(self, company, day):
        """Send nobody to a debtor whom the gate would not let be contacted.

        What it writes itself, somebody reads and answers for.
        """
        return [
            *super()._get_steps(company, day),
            Step("wait", 15, SQL("is_restricted"), SQL("held_date")),
        ]

    @api.model
    def _build_priority(self, company, day):
        """Rank nobody by data that may not be used."""
        return SQL(
            "CASE WHEN is_restricted THEN 0 ELSE %s END",
            super()._build_priority(company, day),
        )

    def _get_priority_parts(self):
        return [] if self.is_restricted else super()._get_priority_parts()

    @api.model
    def _get_behaviour(self, company, partner_ids, date, **options):
        """Work out nothing of how those pay whose data may not be used."""
        restricted = self._get_restricted_ids(company)
        free = [id_ for id_ in partner_ids if id_ not in restricted]
        if not free:
            return []
        return super()._get_behaviour(company, free, date, **options)

    def _get_past_contacts(self):
        """Work out nothing of when it is best reached, either."""
        contacts = super()._get_past_contacts()
        return contacts.browse() if self.is_restricted else contacts
