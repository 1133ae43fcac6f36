from odoo import models
from odoo.tools import SQL

from ..engine.takeover import Finding, Reading, Step

BASES = {"net_days": "due", "end_of_month": "eom", "previous_date": "notice"}


class AccountDunningTakeoverOca(models.Model):
    """Reads OCA's account_credit_control: 19.0, and what older versions left behind.

    An item has reached the level of the last line that was sent to the customer. Lines
    that were only prepared, ignored, or overridden by hand are no notices.
    """

    # a room of its own: the tables of one addon
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.takeover"

    def _read_oca_credit_control(self):
        self._check_tables(
            *("credit_control_policy", "credit_control_policy_level"),
            "credit_control_line",
        )
        self.env.flush_all()
        return Reading(
            steps=self._read_oca_steps(),
            findings=[
                *self._read_oca_items(),
                *self._read_oca_unsent(),
                *self._read_oca_policies("res_partner"),
                *self._read_oca_policies("account_move"),
                *self._read_oca_people(),
            ],
            default_policy=self._read_oca_default(),
        )

    def _read_oca_steps(self):
        rows = self.env.execute_query(
            SQL(
                """SELECT level.id, policy.name, %s, level.level,
                          level.computation_mode, level.delay_days, level.channel
                     FROM credit_control_policy_level level
                     JOIN credit_control_policy policy ON policy.id = level.policy_id
                    WHERE policy.do_nothing IS NOT TRUE
                      AND COALESCE(policy.company_id, %s) = %s""",
                self._get_value("level", "credit_control_policy_level", "name"),
                self.company_id.id,
                self.company_id.id,
            )
        )
        return [
            Step(
                key=str(level_id),
                policy=policy,
                name=name,
                sequence=sequence,
                day_basis=BASES.get(mode, "due"),
                delay_days=days,
                by_email=channel != "letter",
                by_letter=channel == "letter",
            )
            for level_id, policy, name, sequence, mode, days, channel in rows
        ]

    def _read_oca_items(self):
        rows = self.env.execute_query(
            SQL(
                """SELECT DISTINCT ON (line.move_line_id) line.move_line_id,
                          item.partner_id, item.move_id, line.policy_level_id,
                          COALESCE(%s, line.date)
                     FROM credit_control_line line
                     JOIN account_move_line item ON item.id = line.move_line_id
                    WHERE %s AND line.state = 'sent'
                    ORDER BY line.move_line_id, line.level DESC, line.date DESC""",
                self._get_value("line", "credit_control_line", "date_sent"),
                self._get_oca_line_domain(),
            )
        )
        return [
            Finding(
                "item",
                partner_id=partner_id,
                move_id=move_id,
                item_id=item_id,
                step=str(level_id),
                date=date,
            )
            for item_id, partner_id, move_id, level_id, date in rows
        ]

    def _get_oca_line_domain(self):
        return SQL(
            "line.manually_overridden IS NOT TRUE AND item.company_id = %s",
            self.company_id.id,
        )

    def _read_oca_unsent(self):
        """What was prepared and never sent is said, for nobody has read it."""
        rows = self.env.execute_query(
            SQL(
                """SELECT line.move_line_id, item.partner_id, item.move_id,
                          MAX(line.date)
                     FROM credit_control_line line
                     JOIN account_move_line item ON item.id = line.move_line_id
                    WHERE %s AND line.state NOT IN ('sent', 'ignored')
                      AND item.reconciled IS NOT TRUE
                    GROUP BY 1, 2, 3""",
                self._get_oca_line_domain(),
            )
        )
        problem = self.env._("It was prepared there, but not sent")
        return [
            Finding(
                "item",
                partner_id=partner_id,
                move_id=move_id,
                item_id=item_id,
                date=date,
                problem=problem,
            )
            for item_id, partner_id, move_id, date in rows
        ]

    def _read_oca_policies(self, table):
        """Policies of customers or invoices; “no follow” is a hold without end."""
        if not self._read_columns(table).get("credit_policy_id"):
            return []
        target = "partner_id" if table == "res_partner" else "move_id"
        partner = "id" if table == "res_partner" else "partner_id"
        company = self.company_id.id
        rows = self.env.execute_query(
            SQL(
                """SELECT target.id, target.%s, policy.name, policy.do_nothing
                     FROM %s target
                     JOIN credit_control_policy policy
                       ON policy.id = target.credit_policy_id
                    WHERE COALESCE(policy.company_id, %s) = %s
                      AND COALESCE(target.company_id, %s) = %s""",
                SQL.identifier(partner),
                SQL.identifier(table),
                *(company, company, company, company),
            )
        )
        findings = []
        for record_id, partner_id, name, nothing in rows:
            where = {"partner_id": partner_id, target: record_id}
            if nothing:
                findings.append(Finding("hold", **where, text=name))
            else:
                findings.append(Finding("policy", **where, policy=name))
        return findings

    def _read_oca_people(self):
        """Who is responsible for a customer, what comes next and what was promised."""
        columns = self._read_columns("res_partner")
        if "payment_responsible_id" not in columns:
            return []
        rows = self.env.execute_query(
            SQL(
                """SELECT partner.id, %s::int4, %s::date, %s, %s
                     FROM res_partner partner
                    WHERE COALESCE(partner.company_id, %s) = %s
                      AND (partner.parent_id IS NULL OR partner.is_company)""",
                *(
                    self._get_value("partner", "res_partner", name)
                    for name in (
                        *("payment_responsible_id", "payment_next_action_date"),
                        *("payment_next_action", "payment_note"),
                    )
                ),
                self.company_id.id,
                self.company_id.id,
            )
        )
        return [finding for row in rows for finding in self._make_people_findings(*row)]

    def _make_people_findings(self, partner_id, user_id, date, action, note):
        if user_id:
            yield Finding("collector", partner_id=partner_id, user_id=user_id)
        if date:
            yield Finding(
                "follow_up", partner_id=partner_id, date=date, text=action or ""
            )
        elif action:
            yield Finding("note", partner_id=partner_id, text=action)
        if note:
            yield Finding("note", partner_id=partner_id, text=note)

    def _read_oca_default(self):
        if "credit_policy_id" not in self._read_columns("res_company"):
            return None
        rows = self.env.execute_query(
            SQL(
                """SELECT policy.name FROM res_company company
                     JOIN credit_control_policy policy
                       ON policy.id = company.credit_policy_id
                    WHERE company.id = %s AND policy.do_nothing IS NOT TRUE""",
                self.company_id.id,
            )
        )
        return rows[0][0] if rows else None
