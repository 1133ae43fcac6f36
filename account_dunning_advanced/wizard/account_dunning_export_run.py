from odoo import models

from ..engine.xlsx import Column


class AccountDunningExportRun(models.TransientModel):
    """A run: what everybody is told, and the verdict on each open item."""

    # a room of its own: runs
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.export"

    # === BUSINESS METHODS === #

    def _get_run_sheets(self):
        runs = self._get_records("account.dunning.run")
        yield self._get_notices_sheet(runs)
        yield self._get_verdicts_sheet(runs)

    def _get_notices_sheet(self, runs):
        notices = self.env["account.dunning.notice"].search(
            [("run_id", "in", runs.ids)], order="partner_id, id"
        )
        currencies = notices.currency_id
        states = self._get_labels("account.dunning.notice", "state")
        columns = [
            Column(self.env._("Notice"), width=18),
            Column(self.env._("Customer"), width=36),
            Column(self.env._("Level"), width=20),
            Column(self.env._("Date"), "date"),
            self._get_money(self.env._("Principal"), currencies),
            self._get_money(self.env._("Interest"), currencies),
            self._get_money(self.env._("Fees"), currencies),
            self._get_money(self.env._("Credits"), currencies),
            self._get_money(self.env._("Total"), currencies),
            Column(self.env._("Currency"), width=10),
            Column(self.env._("State"), width=14),
        ]
        rows = (
            (
                notice.name,
                notice.partner_id.display_name,
                notice.level_id.name,
                notice.date,
                notice.amount_principal,
                notice.amount_interest,
                notice.amount_fee,
                notice.amount_credit,
                notice.amount_total,
                notice.currency_id.name,
                states.get(notice.state),
            )
            for notice in self._iterate(notices)
        )
        return self._prepare_sheet(self.env._("Notices"), columns, rows)

    def _get_verdicts_sheet(self, runs):
        verdicts = self.env["account.dunning.verdict"].search(
            [("run_id", "in", runs.ids)]
        )
        currencies = self.env["res.currency"].union(
            *(
                currency
                for (currency,) in self.env["account.dunning.verdict"]._read_group(
                    [("run_id", "in", runs.ids)], ["currency_id"]
                )
            )
        )
        reasons = self._get_labels("account.dunning.verdict", "reason")
        columns = [
            Column(self.env._("Customer"), width=36),
            Column(self.env._("Document"), width=20),
            Column(self.env._("Due Date"), "date"),
            Column(self.env._("Days Overdue"), "integer", width=14),
            self._get_money(self.env._("Open"), currencies),
            self._get_money(self.env._("Asked For"), currencies),
            Column(self.env._("Currency"), width=10),
            Column(self.env._("Verdict"), width=30),
            Column(self.env._("Level"), width=20),
        ]
        rows = (
            (
                verdict.partner_id.display_name,
                verdict.move_id.name,
                verdict.date_due,
                verdict.days_overdue,
                verdict.amount_residual,
                verdict.amount_dunned,
                verdict.currency_id.name,
                reasons.get(verdict.reason),
                verdict.level_id.name,
            )
            for verdict in self._iterate(verdicts)
        )
        return self._prepare_sheet(self.env._("Verdicts"), columns, rows)
