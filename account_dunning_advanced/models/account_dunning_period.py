from odoo import api, models
from odoo.fields import Domain


class AccountDunningPeriod(models.AbstractModel):
    """Something that is in force for a while: planned, active, ended.

    A model that inherits it has ``date_from``, ``date_to``, ``date_ended`` (the day
    from which it does not count any more), ``company_id``, and a ``state`` of these.
    """

    _name = "account.dunning.period"
    _description = "In Force for a While"

    @api.depends("date_from", "date_to", "date_ended")
    def _compute_state(self):
        for record in self:
            today = record.company_id._dunning_today()
            if record.date_ended or (record.date_to and record.date_to < today):
                record.state = "ended"
            elif record.date_from and record.date_from > today:
                record.state = "planned"
            else:
                record.state = "active"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._dunning_today()
        over = Domain("date_ended", "!=", False) | Domain("date_to", "<", today)
        domains = {
            "ended": over,
            "planned": ~over & Domain("date_from", ">", today),
            "active": ~over & Domain("date_from", "<=", today),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.model
    def _get_in_force_domain(self, company, day):
        """Return what is in force in a company on a day; both ends are included."""
        return (
            Domain("company_id", "in", company.parent_ids.ids)
            & Domain("date_from", "<=", day)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))
            & (Domain("date_ended", "=", False) | Domain("date_ended", ">", day))
        )
