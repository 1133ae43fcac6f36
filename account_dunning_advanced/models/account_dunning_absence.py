from odoo import api, fields, models


class AccountDunningAbsence(models.Model):
    """A collector is away, and somebody else works through the debtors.

    The debtors stay the collector's: their letters bear the same name. The substitute
    has them in "My Debtors" for these days, the first and the last included.
    """

    _name = "account.dunning.absence"
    _description = "Absence of a Collector"
    _order = "date_from desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Collector",
        required=True,
        index=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
        ondelete="cascade",
    )
    substitute_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        domain="[('share', '=', False)]",
        ondelete="cascade",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self.env.company._dunning_today(),
    )
    date_to = fields.Date(string="Until", required=True, help="The last day away.")

    _days_in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "An absence cannot end before it begins."
    )
    _somebody_else = models.Constraint(
        "CHECK (substitute_id != user_id)", "Nobody can stand in for themselves."
    )

    @api.model
    def _get_away(self, day):
        """Return {collector: absence} of those who are away on a day.

        Nobody is replaced by a user who is not there any more.
        """
        # who stands in for whom is no secret among collectors
        absences_sudo = self.sudo().search(
            [
                ("date_from", "<=", day),
                ("date_to", ">=", day),
                ("substitute_id.active", "=", True),
            ],
            order="id",
        )
        return {absence.user_id: absence for absence in absences_sudo}

    @api.model
    def _get_acting(self, user, away):
        """Return who acts for a user: the substitute, or who stands in for that one.

        :param dict away: see :meth:`_get_away`.
        """
        seen = user
        acting = user
        while acting in away:
            acting = away[acting].substitute_id
            if acting in seen:
                # they stand in for each other: nobody is there, it stays as it was
                return user
            seen |= acting
        return acting
