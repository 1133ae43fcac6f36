from odoo import api, models
from odoo.tools import SQL, format_date


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
        items = self.env["account.move.line"].browse(row[0] for row in rows)
        levels = self.env["account.dunning.level"]
        for item, (_id, level_id, day) in zip(items, rows, strict=True):
            yield (
                "error",
                self.env._(
                    "%(item)s stands at level “%(is)s”; its last notice, of %(date)s,"
                    " gave it “%(should)s”.",
                    item=item.move_name,
                    date=format_date(self.env, day),
                    should=levels.browse(level_id).name,
                    **{"is": item.dunning_level_id.name or "–"},
                ),
                item.move_id,
            )

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
