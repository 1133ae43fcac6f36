from datetime import date

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class AccountDunningRetentionProof(models.Model):
    """What must not go although its time is over: claims that are still alive."""

    # a room of its own: what is still needed
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.retention"

    @api.model
    def _get_needed_since(self, company):
        """Return {commercial partner id: day}: from that day on all is kept.

        The day of the customer's oldest open item, for what was said and sent since
        then may be needed to prove the claim, or that it is not barred; the first of
        days for who is under a legal hold.

        For an addon to keep more, it must override this method.
        """
        rows = self.env.execute_query(
            SQL(
                """SELECT partner.commercial_partner_id, MIN(item.date)
                     FROM account_move_line item
                     JOIN account_account account ON account.id = item.account_id
                     JOIN res_partner partner ON partner.id = item.partner_id
                    WHERE item.company_id = %s
                      AND account.account_type = 'asset_receivable'
                      AND item.parent_state = 'posted'
                      AND item.reconciled IS NOT TRUE
                    GROUP BY 1""",
                company.id,
            )
        )
        since = dict(rows)
        stops = (
            self.env["account.dunning.hold"]
            .sudo()
            .search(
                Domain("company_id", "=", company.id)
                & Domain("stop", "=", "legal")
                & Domain("state", "=", "active")
            )
        )
        return since | dict.fromkeys(stops.debtor_id.ids, date.min)

    def _get_needed(self, records, company):
        """Return those of the records that are needed as proof."""
        self.ensure_one()
        if not records:
            return records
        self.env.flush_all()
        kind = self._get_kinds()[self.kind]
        since = self._get_needed_since(company)
        return records.filtered(
            lambda record: (
                record[kind.partner].id in since
                and self._get_day(record, kind) >= since[record[kind.partner].id]
            )
        )

    @api.model
    def _get_day(self, record, kind):
        day = record.mapped(kind.date)
        day = day[0] if day else date.max
        return day.date() if hasattr(day, "date") else day

    @api.model
    def _get_busy(self, company, cutoff):
        """Return a select of the commercial partners who owed something after a day."""
        self.env.flush_all()
        return SQL(
            """(SELECT partner.commercial_partner_id
                  FROM account_move_line item
                  JOIN account_account account ON account.id = item.account_id
                  JOIN res_partner partner ON partner.id = item.partner_id
                 WHERE item.company_id = %(company)s
                   AND account.account_type = 'asset_receivable'
                   AND item.parent_state = 'posted'
                   AND (item.reconciled IS NOT TRUE OR item.date > %(day)s
                        OR EXISTS (SELECT FROM account_partial_reconcile part
                                    WHERE item.id IN (part.debit_move_id,
                                                      part.credit_move_id)
                                      AND part.max_date > %(day)s)))""",
            company=company.id,
            day=cutoff,
        )
