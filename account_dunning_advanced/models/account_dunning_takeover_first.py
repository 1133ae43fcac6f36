from odoo import api, models
from odoo.tools import SQL


class AccountDunningTakeoverFirst(models.AbstractModel):
    """Charging: what another software sent was a reminder as well.

    Laws that leave the first reminder free, and rules by which interest begins with
    it, count from there.
    """

    # a room of its own: only takeovers know of it
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.charging"

    @api.model
    def _get_first_notices(self, items):
        first = super()._get_first_notices(items)
        for item_id, date, due in self._get_taken_over(items):
            known, overdue = first.get(item_id, (None, None))
            dates = [day for day in (known, date) if day]
            late = [day for day in (overdue, date if date > due else None) if day]
            first[item_id] = min(dates), min(late, default=None)
        return first

    @api.model
    def _get_taken_over(self, items):
        """Return (item, day of its last notice elsewhere, due date)."""
        self.env["account.dunning.takeover"].flush_model(["state"])
        self.env["account.dunning.takeover.line"].flush_model()
        return self.env.execute_query(
            SQL(
                """SELECT line.move_line_id, MIN(line.date),
                          MIN(COALESCE(item.date_maturity, item.date))
                     FROM account_dunning_takeover_line line
                     JOIN account_dunning_takeover takeover
                       ON takeover.id = line.takeover_id
                     JOIN account_move_line item ON item.id = line.move_line_id
                    WHERE line.move_line_id = ANY(%s) AND line.kind = 'item'
                      AND line.problem IS NULL AND takeover.state = 'done'
                    GROUP BY 1""",
                list(items.ids),
            )
        )
