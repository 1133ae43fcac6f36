from odoo import fields, models


class DigestDigest(models.Model):
    """What was collected, and what is overdue, in the periodic digest."""

    _inherit = "digest.digest"

    kpi_dunning_collected = fields.Boolean(string="Customer Payments")
    kpi_dunning_collected_value = fields.Monetary(
        compute="_compute_kpi_dunning_collected_value"
    )
    kpi_dunning_overdue = fields.Boolean(string="Overdue Receivables")
    kpi_dunning_overdue_value = fields.Monetary(
        compute="_compute_kpi_dunning_overdue_value"
    )

    def _compute_kpi_dunning_collected_value(self):
        # who may not see figures: the digest leaves them out
        self.env["account.dunning.kpi"].check_access("read")
        start, end, _companies = self._get_kpi_compute_parameters()
        reading = self.env["account.dunning.kpi.reading"].sudo()
        for digest in self:
            company = digest.company_id or self.env.company
            today = company._dunning_today()
            first = fields.Date.to_date(start)
            digest.kpi_dunning_collected_value = reading._read_cash(
                company,
                # as core counts: the day a period begins on belongs to the one before
                fields.Date.add(first, days=1) if first else today,
                fields.Date.to_date(end) or today,
            )

    def _compute_kpi_dunning_overdue_value(self):
        self.env["account.dunning.kpi"].check_access("read")
        _start, end, _companies = self._get_kpi_compute_parameters()
        reading = self.env["account.dunning.kpi.reading"].sudo()
        for digest in self:
            company = digest.company_id or self.env.company
            _balance, _owed, overdue = reading._read_receivables(
                company, fields.Date.to_date(end) or company._dunning_today()
            )
            digest.kpi_dunning_overdue_value = overdue

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("account.menu_finance").id
        for name, action in (
            ("kpi_dunning_collected", "account_dunning_kpi_action"),
            ("kpi_dunning_overdue", "account_dunning_aging_action"),
        ):
            actions[name] = f"account_dunning_advanced.{action}?menu_id={menu}"
        return actions
