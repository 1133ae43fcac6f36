from odoo import api, models
from odoo.tools import SQL, format_date

from .account_dunning_notice import TOTALS


class AccountDunningCheckLedger(models.Model):
    """Checks of what dunning wrote against notices and ledger. In SQL: a million items
    are looked at in one statement, and by no method that keeps them right.
    """

    # a room of its own: the ledger
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.check"

    @api.model
    def _find_levels(self, company):
        """Yield items whose level is not the one they were given last.

        A ladder that was started anew is another cycle, and rightly has no level.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id, last.level_id, last.date
                  FROM account_move_line item
                  JOIN LATERAL (
                           SELECT line.level_id, notice.date
                             FROM account_dunning_notice_line line
                             JOIN account_dunning_notice notice
                                  ON notice.id = line.notice_id
                            WHERE line.move_line_id = item.id
                              AND line.state = 'issued'
                              AND line.is_charge IS NOT TRUE
                              AND COALESCE(line.cycle, 0)
                                  = COALESCE(item.dunning_cycle, 0)
                            ORDER BY notice.date DESC, line.id DESC LIMIT 1
                       ) last ON TRUE
                 WHERE item.company_id = %s
                   AND item.id IN (SELECT move_line_id
                                     FROM account_dunning_notice_line
                                    WHERE state = 'issued')
                   AND (item.dunning_level_id, item.dunning_date)
                       IS DISTINCT FROM (last.level_id, last.date)
                 ORDER BY item.id""",
                company.id,
            )
        )
        yield from self._tell_levels("error", "account.move.line", rows)
        # an administrator may have set the level by hand
        by_hand = self._find_levels_without_notice(company)
        yield from self._tell_levels("warning", "account.move.line", by_hand)
        # what is told of an item is not told of its invoice as well
        items = self.env["account.move.line"].browse(row[0] for row in rows + by_hand)
        told = set(items.move_id.ids)
        rows = self._find_levels_of_invoices(company)
        rows = [row for row in rows if row[0] not in told]
        yield from self._tell_levels("error", "account.move", rows)

    @api.model
    def _find_levels_without_notice(self, company):
        """Return rows of items that neither a notice nor a takeover gave a level."""
        return self.env.execute_query(
            SQL(
                """
                SELECT item.id, NULL, NULL
                  FROM account_move_line item
                 WHERE item.company_id = %s AND item.dunning_level_id IS NOT NULL
                   AND NOT EXISTS (
                           SELECT FROM account_dunning_notice_line line
                            WHERE line.move_line_id = item.id
                              AND line.state = 'issued'
                              AND line.is_charge IS NOT TRUE
                              AND COALESCE(line.cycle, 0)
                                  = COALESCE(item.dunning_cycle, 0))
                   AND NOT EXISTS (
                           SELECT FROM account_dunning_takeover_line line
                             JOIN account_dunning_takeover takeover
                                  ON takeover.id = line.takeover_id
                            WHERE line.move_line_id = item.id
                              AND line.kind = 'item' AND line.problem IS NULL
                              AND takeover.state = 'done')
                 ORDER BY item.id""",
                company.id,
            )
        )

    @api.model
    def _find_levels_of_invoices(self, company):
        """Return rows of invoices that stand where none of their items does."""
        return self.env.execute_query(
            SQL(
                """
                SELECT move.id, item.level_ids[1], item.date
                  FROM account_move move
                  LEFT JOIN (
                           SELECT move_id, MAX(dunning_date) AS date,
                                  ARRAY_AGG(dunning_level_id) AS level_ids
                             FROM account_move_line
                            WHERE company_id = %(company)s
                              AND dunning_level_id IS NOT NULL
                            GROUP BY 1
                       ) item ON item.move_id = move.id
                 WHERE move.company_id = %(company)s
                   AND (move.dunning_date IS DISTINCT FROM item.date
                        OR NOT COALESCE(
                               move.dunning_level_id = ANY(item.level_ids),
                               move.dunning_level_id IS NULL
                               AND item.level_ids IS NULL))
                 ORDER BY move.id""",
                company=company.id,
            )
        )

    @api.model
    def _tell_levels(self, severity, model, rows):
        """Yield a finding for each (id, level and day that it should have)."""
        records = self.env[model].browse(row[0] for row in rows)
        levels = self.env["account.dunning.level"]
        for record, (_id, level_id, day) in zip(records, rows, strict=True):
            move = record if model == "account.move" else record.move_id
            yield (
                severity,
                self.env._(
                    "%(item)s stands at level “%(is)s”; its last notice, of %(date)s,"
                    " gave it “%(should)s”.",
                    item=move.name,
                    date=format_date(self.env, day) if day else "–",
                    should=levels.browse(level_id).name or "–",
                    **{"is": record.dunning_level_id.name or "–"},
                ),
                move,
            )

    @api.model
    def _find_totals(self, company):
        """Yield notices whose sums are not those of their items.

        An item that was deleted from a notice, or a figure that was changed past the
        methods that keep them, in the notice or in the item; or its currency.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, notice.amount_total, COALESCE(items.amount_total, 0)
                  FROM account_dunning_notice notice
                  LEFT JOIN (
                           SELECT line.notice_id, %(sums)s,
                                  BOOL_OR(line.currency_id != issued.currency_id)
                                      AS is_mixed
                             FROM account_dunning_notice_line line
                             JOIN account_dunning_notice issued
                                  ON issued.id = line.notice_id
                            WHERE line.state != 'dropped'
                              AND issued.company_id = %(company)s
                            GROUP BY 1
                       ) items ON items.notice_id = notice.id
                 WHERE notice.company_id = %(company)s
                   AND notice.state IN ('issued', 'reversed')
                   AND (items.is_mixed OR %(wrong)s)
                 ORDER BY notice.id""",
                company=company.id,
                sums=SQL(", ").join(
                    SQL("%s AS %s", total, SQL.identifier(name))
                    for name, total in TOTALS.items()
                ),
                wrong=SQL(" OR ").join(
                    SQL(
                        "COALESCE(%s, 0) != COALESCE(%s, 0)",
                        SQL.identifier("notice", name),
                        SQL.identifier("items", name),
                    )
                    for name in TOTALS
                ),
            )
        )
        notices = self.env["account.dunning.notice"].browse(row[0] for row in rows)
        for notice, (_id, told, owed) in zip(notices, rows, strict=True):
            text = self.env._(
                "%(notice)s asks for %(told)s; its items make %(owed)s, or differ in"
                " what they consist of. Compare it with the letter that was sent.",
                notice=notice.display_name,
                told=notice.currency_id.format(float(told or 0)),
                owed=notice.currency_id.format(float(owed)),
            )
            yield "error", text, notice

    @api.model
    def _find_charges(self, company):
        """Yield notices of which not all that was billed stands in the ledger."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT charge.notice_id, SUM(charge.amount)
                  FROM account_dunning_notice_charge charge
                  LEFT JOIN account_move_line line ON line.id = charge.invoice_line_id
                 WHERE charge.company_id = %s AND charge.state = 'posted'
                   AND line.parent_state IS DISTINCT FROM 'posted'
                 GROUP BY 1 ORDER BY 1""",
                company.id,
            )
        )
        yield from self._tell_notices(
            rows,
            self.env._("%(notice)s charges %(amount)s that no posted bill contains."),
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT notice.id, notice.amount_interest + notice.amount_fee
                  FROM account_dunning_notice notice
                 WHERE notice.company_id = %s AND notice.state = 'issued'
                   AND notice.amount_interest + notice.amount_fee != (
                       SELECT COALESCE(SUM(amount), 0)
                         FROM account_dunning_notice_charge charge
                        WHERE charge.notice_id = notice.id
                          AND charge.state IN ('shown', 'waiting', 'posted'))
                 ORDER BY 1""",
                company.id,
            )
        )
        yield from self._tell_notices(
            rows,
            self.env._("%(notice)s shows %(amount)s, which its charges do not make."),
        )

    @api.model
    def _tell_notices(self, rows, text):
        notices = self.env["account.dunning.notice"].browse(row[0] for row in rows)
        for notice, (_id, amount) in zip(notices, rows, strict=True):
            values = {
                "notice": notice.display_name,
                "amount": notice.currency_id.format(float(amount)),
            }
            yield "error", text % values, notice

    @api.model
    def _find_contacts(self, company):
        """Yield contact records that are not as they were sealed."""
        Contact = self.env["account.dunning.contact"].with_company(company)
        for fault in Contact._check_chain(company):
            yield (
                "error",
                Contact._describe_faults([fault]),
                Contact.browse(fault["id"]),
            )

    @api.model
    def _find_rates(self, company):
        """Yield rates that miss a value and by which the company charges interest."""
        today = company._dunning_today()
        for rate in self._get_rules_in_use(company)._get_rates():
            warning = rate._get_stale_warning(today)
            if warning:
                yield "warning", warning, rate

    @api.model
    def _get_rules_in_use(self, company):
        """Return the interest rules of the company's policies, and those of its law."""
        policies = self.env["account.dunning.policy"].search(
            [
                ("company_id", "in", [False, *company.parent_ids.ids]),
                ("level_ids.charge_interest", "=", True),
            ]
        )
        rules = policies.interest_id
        if policies:
            for kind in ("consumer", "sole_trader", "company", "public"):
                rules |= rules._find_by_law(company, kind)
        return rules

    @api.model
    def _find_debtors(self, company):
        """Yield figures of debtors that are not those of the ledger."""
        for fault in self.env["account.dunning.debtor"]._check_figures(company):
            yield "error", fault, None
