from odoo import models
from odoo.tools import SQL

from ..engine.takeover import Finding, Reading, Step


class AccountDunningTakeoverFollowup(models.Model):
    """Reads the follow-ups of Odoo Enterprise and of om_account_followup.

    Both keep the level on the item, in a column of the same name that refers to their
    own table of levels. Enterprise is read by its public field names; what it keeps in
    core's ``no_followup`` is respected anyway.
    """

    # a room of its own: the tables of two addons that are alike
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.takeover"

    def _read_enterprise_followup(self):
        table = "account_followup_followup_line"
        self._check_tables(table)
        level = SQL("SELECT * FROM account_followup_followup_line")
        return self._read_followup(
            table,
            level,
            ("last_followup_date", "followup_date"),
            ("followup_responsible_id", "payment_responsible_id"),
            ("followup_next_action_date", "payment_next_action_date"),
        )

    def _read_om_followup(self):
        table = "followup_line"
        self._check_tables(table, "followup_followup")
        level = SQL(
            """SELECT level.*, ladder.company_id FROM followup_line level
                 JOIN followup_followup ladder ON ladder.id = level.followup_id"""
        )
        return self._read_followup(
            table,
            level,
            ("followup_date",),
            ("payment_responsible_id",),
            ("payment_next_action_date",),
        )

    def _read_followup(self, table, level, dates, responsible, follow_up):
        """Return the reading; the last three name columns, the first there counts."""
        self.env.flush_all()
        return Reading(
            steps=self._read_followup_steps(table, level),
            findings=[
                *self._read_followup_items(level, dates),
                *self._read_followup_people(responsible, follow_up),
            ],
            default_policy=self.env._("Follow-ups"),
        )

    def _read_followup_steps(self, table, level):
        rows = self.env.execute_query(
            SQL(
                """SELECT level.id, %s, level.delay, %s::bool, %s::bool
                     FROM (%s) level WHERE COALESCE(level.company_id, %s) = %s
                    ORDER BY level.delay, level.id""",
                self._get_value("level", table, "name"),
                self._get_value("level", table, "send_email", "TRUE"),
                self._get_value("level", table, "send_letter", "FALSE"),
                level,
                self.company_id.id,
                self.company_id.id,
            )
        )
        return [
            Step(
                key=str(level_id),
                policy=self.env._("Follow-ups"),
                name=name,
                sequence=sequence,
                delay_days=delay,
                by_email=bool(email),
                by_letter=bool(letter),
            )
            for sequence, (level_id, name, delay, email, letter) in enumerate(rows, 1)
        ]

    def _get_first_column(self, alias, table, names):
        columns = self._read_columns(table)
        known = [name for name in names if name in columns]
        return self._get_value(alias, table, known[0]) if known else SQL("NULL")

    def _read_followup_items(self, level, dates):
        """The date where it is kept; else today, so that nobody is dunned too soon."""
        if "followup_line_id" not in self._read_columns("account_move_line"):
            return
        today = self.company_id._dunning_today()
        rows = self.env.execute_query(
            SQL(
                """SELECT item.id, item.partner_id, item.move_id, level.id, %s::date
                     FROM account_move_line item
                     JOIN (%s) level ON level.id = item.followup_line_id
                    WHERE item.company_id = %s
                      AND COALESCE(level.company_id, %s) = %s""",
                self._get_first_column("item", "account_move_line", dates),
                level,
                *(self.company_id.id,) * 3,
            )
        )
        for item_id, partner_id, move_id, level_id, date in rows:
            yield Finding(
                "item",
                partner_id=partner_id,
                move_id=move_id,
                item_id=item_id,
                step=str(level_id),
                date=date or today,
                text="" if date else self.env._("The day was not kept: from today on"),
            )

    def _read_followup_people(self, responsible, follow_up):
        rows = self.env.execute_query(
            SQL(
                """SELECT * FROM (
                       SELECT partner.id, %s::int4 AS user_id, %s::date AS date,
                              %s AS action, %s AS note
                         FROM res_partner partner
                        WHERE COALESCE(partner.company_id, %s) = %s
                          AND (partner.parent_id IS NULL OR partner.is_company)
                   ) known
                    WHERE user_id IS NOT NULL OR date IS NOT NULL
                       OR action IS NOT NULL OR note IS NOT NULL""",
                self._get_first_column("partner", "res_partner", responsible),
                self._get_first_column("partner", "res_partner", follow_up),
                self._get_value(
                    "partner", "res_partner", "payment_next_action", "NULL::text"
                ),
                self._get_value("partner", "res_partner", "payment_note", "NULL::text"),
                self.company_id.id,
                self.company_id.id,
            )
        )
        for row in rows:
            yield from self._make_people_findings(*row)
