from odoo import api, models
from odoo.fields import Domain


class AccountDunningPeriod(models.AbstractModel):
    """Something that bears on debtors for a while: planned, active, ended.

    A model that inherits it has ``date_from``, ``date_to``, ``date_ended`` (the day
    from which it does not count any more), ``company_id``, and a ``state`` of these.
    Whoever issues notices at the moment of a change meets it, see
    :meth:`_touch_debtors`.
    """

    _name = "account.dunning.period"
    _description = "In Force for a While"

    # === COMPUTE METHODS === #

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

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._touch_debtors()
        return records

    def write(self, vals):
        acting = self._get_acting_fields() & vals.keys()
        if acting:
            # those whom it was about as well
            self._touch_debtors()
        result = super().write(vals)
        if acting:
            self._touch_debtors()
        return result

    # === ACTION METHODS === #

    def action_end(self):
        """End what is not over yet: from today on it does not count any more."""
        self.check_access("write")
        for record in self.filtered(lambda record: record.state != "ended"):
            record.date_ended = record.company_id._dunning_today()
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _get_acting_fields(self):
        """Return the fields that say for whom, how and how long it acts.

        A model that has more of them must override this method.
        """
        return {"company_id", "date_from", "date_to", "date_ended"}

    def _touch_debtors(self):
        """Let notices being issued see the change, and the debtors' rows show it.

        A model that inherits this knows whom it is about, and must override it.
        """
        raise NotImplementedError

    @api.model
    def _get_in_force_domain(self, company, day):
        """Return what is in force in a company on a day; both ends are included."""
        return (
            Domain("company_id", "in", company.parent_ids.ids)
            & Domain("date_from", "<=", day)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", day))
            & (Domain("date_ended", "=", False) | Domain("date_ended", ">", day))
        )
