from odoo import models
from odoo.tools import SQL

from ..engine.takeover import Finding, Reading, Step

# Days between two reminders where the company has set none; as that addon has it.
DEFAULT_INTERVAL = 30


class AccountDunningTakeoverReminder(models.Model):
    """Reads OCA's account_invoice_overdue_reminder, which counts reminders.

    It has no levels: the number of mails and letters about an invoice is its step.
    Calls do not count there, and do not here.
    """

    # a room of its own: the tables of one addon
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.takeover"

    def _read_oca_overdue_reminder(self):
        self._check_tables(
            "account_invoice_overdue_reminder", "overdue_reminder_action"
        )
        self.env.flush_all()
        items = list(self._read_reminder_items())
        return Reading(
            steps=self._make_reminder_steps(items),
            findings=[*items, *self._read_reminder_stops()],
            default_policy=self.env._("Overdue reminders") if items else None,
        )

    def _read_reminder_items(self):
        """Each instalment of an invoice that was due on the day of the reminder."""
        rows = self.env.execute_query(
            SQL(
                """SELECT item.id, item.partner_id, item.move_id, last.counter,
                          last.date
                     FROM (SELECT DISTINCT ON (reminder.invoice_id)
                                  reminder.invoice_id, reminder.counter, action.date
                             FROM account_invoice_overdue_reminder reminder
                             JOIN overdue_reminder_action action
                               ON action.id = reminder.action_id
                            WHERE action.reminder_type IN ('mail', 'post')
                              AND reminder.counter > 0
                            ORDER BY reminder.invoice_id, action.date DESC,
                                     reminder.id DESC) last
                     JOIN account_move_line item ON item.move_id = last.invoice_id
                     JOIN account_account account ON account.id = item.account_id
                    WHERE account.account_type = 'asset_receivable'
                      AND item.company_id = %s
                      AND COALESCE(item.date_maturity, item.date) < last.date""",
                self.company_id.id,
            )
        )
        for item_id, partner_id, move_id, counter, date in rows:
            yield Finding(
                "item",
                partner_id=partner_id,
                move_id=move_id,
                item_id=item_id,
                step=str(counter),
                date=date,
            )

    def _make_reminder_steps(self, items):
        """One step for each number of reminders that was reached, and none between."""
        highest = max((int(item.step) for item in items), default=0)
        start, interval = self._read_reminder_days()
        name = self.env._("Overdue reminders")
        return [
            Step(
                key=str(number),
                policy=name,
                name=self.env._("Reminder %s", number),
                sequence=number,
                day_basis="due" if number == 1 else "notice",
                delay_days=start if number == 1 else interval,
                by_letter=False,
            )
            for number in range(1, highest + 1)
        ]

    def _read_reminder_days(self):
        [(start, interval)] = self.env.execute_query(
            SQL(
                "SELECT %s::int4, %s::int4 FROM res_company company WHERE id = %s",
                self._get_value(
                    "company", "res_company", "overdue_reminder_start_days"
                ),
                self._get_value(
                    "company", "res_company", "overdue_reminder_min_interval_days"
                ),
                self.company_id.id,
            )
        )
        return start or 0, interval or DEFAULT_INTERVAL

    def _read_reminder_stops(self):
        for table, target in (
            ("res_partner", "partner_id"),
            ("account_move", "move_id"),
        ):
            if "no_overdue_reminder" not in self._read_columns(table):
                continue
            rows = self.env.execute_query(
                SQL(
                    """SELECT target.id FROM %s target
                        WHERE %s::bool AND COALESCE(target.company_id, %s) = %s
                          AND %s""",
                    SQL.identifier(table),
                    self._get_value("target", table, "no_overdue_reminder", "FALSE"),
                    *(self.company_id.id, self.company_id.id),
                    SQL("TRUE")
                    if target == "partner_id"
                    else SQL("target.payment_state NOT IN ('paid', 'reversed')"),
                )
            )
            for (record_id,) in rows:
                yield Finding(
                    "hold", **{target: record_id}, text=self.env._("No reminders")
                )
