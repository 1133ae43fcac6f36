from odoo import api, models
from odoo.tools import SQL, split_every

# Notices whose charges are worked out together.
CHARGED_AT_ONCE = 1000


class AccountDunningNoticeProposal(models.Model):
    """Proposing: the drafts of a run are made of its verdicts, in a few statements."""

    # rooms of their own: proposing and issuing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === BUSINESS METHODS === #

    @api.model
    def _insert_from_verdicts(self, run):
        """Draft the notices of a run from its ``dun`` verdicts, in two statements.

        One notice a customer and currency, at the highest level among its items;
        "highest" counts steps, so that levels of two policies can be compared. The
        totals are those of lines without charges: summing the lines up afterwards
        wrote each notice twice, 20 s of 280 at 170,000 notices.

        :return: the notices.
        """
        self.env.cr.execute(
            SQL(
                """
                WITH ranked AS (
                    SELECT id AS level_id, row_number() OVER (
                               PARTITION BY policy_id ORDER BY sequence, id) AS rank
                      FROM account_dunning_level WHERE active
                ),
                planned AS (
                    SELECT verdict.partner_id, verdict.currency_id,
                           (ARRAY_AGG(verdict.level_id
                               ORDER BY ranked.rank DESC, verdict.level_id))[1]
                               AS level_id,
                           SUM(verdict.amount_residual) AS principal,
                           SUM(verdict.amount_dunned) AS asked
                      FROM account_dunning_verdict verdict
                      JOIN ranked USING (level_id)
                     WHERE verdict.run_id = %(run)s AND verdict.reason = 'dun'
                     GROUP BY 1, 2
                )
                INSERT INTO account_dunning_notice (
                    run_id, company_id, partner_id, recipient_id, currency_id, level_id,
                    level_values, date, date_deadline, user_id, state,
                    amount_principal, amount_charged, amount_credit, amount_interest,
                    amount_fee, amount_total,
                    create_uid, create_date, write_uid, write_date)
                SELECT %(run)s, %(company)s, planned.partner_id,
                       COALESCE(recipient.id, planned.partner_id),
                       planned.currency_id, planned.level_id,
                       TO_JSONB(level), %(date)s, %(date)s + level.payment_days,
                       COALESCE(collector.user_id, %(user)s), 'draft',
                       planned.principal, 0, planned.principal - planned.asked, 0, 0,
                       planned.asked,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM planned
                  JOIN account_dunning_level level ON level.id = planned.level_id
                  LEFT JOIN account_dunning_debtor collector
                         ON collector.partner_id = planned.partner_id
                        AND collector.company_id = %(company)s
                  LEFT JOIN (%(recipients)s) recipient
                         ON recipient.debtor_id = planned.partner_id
                        AND recipient.by_email = COALESCE(level.channel_email, FALSE)
                 -- what goes by the order of notices, like a budget, is repeatable
                 ORDER BY planned.partner_id, planned.currency_id
                """,
                run=run.id,
                company=run.company_id.id,
                date=run.date,
                user=run.user_id.id or None,
                recipients=self._get_recipients(run),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        run._analyze(self._table, self.env.cr.rowcount)
        self.env["account.dunning.notice.line"]._insert_from_verdicts(run)
        self.env.invalidate_all(flush=False)
        self._propose_charges(run)
        return run.notice_ids

    @api.model
    def _propose_charges(self, run):
        """Plan what the drafts of a run charge; nothing where no level charges."""
        self.env["account.dunning.notice.line"]._insert_charge_items(run)
        levels = self.env["account.dunning.level"].search(
            ["|", ("charge_interest", "=", True), ("charge_ids", "!=", False)]
        )
        if not levels:
            return
        notices = self.search(
            [("run_id", "=", run.id), ("line_ids.level_id", "in", levels.ids)]
        )
        for ids in split_every(CHARGED_AT_ONCE, notices.ids):
            self.env["account.dunning.charging"]._charge(self.browse(ids))
            # a large run is not held in memory as a whole
            self.env.invalidate_all()

    @api.model
    def _get_recipients(self, run) -> SQL:
        """Return a select of (debtor_id, by_email, id): whom to write to.

        The customer's dunning contact comes before the invoice contact, and that one
        before the customer itself. Where the level writes by e-mail, a contact that
        has an address comes before one that has none.
        """
        return SQL(
            """
            SELECT DISTINCT ON (contact.commercial_partner_id, way.by_email)
                   contact.commercial_partner_id AS debtor_id, way.by_email, contact.id
              FROM res_partner contact
              CROSS JOIN (VALUES (TRUE), (FALSE)) way(by_email)
             WHERE contact.commercial_partner_id IN (
                       SELECT partner_id FROM account_dunning_verdict
                        WHERE run_id = %s AND reason = 'dun')
               AND (contact.id = contact.commercial_partner_id
                    OR (contact.active AND contact.type IN ('dunning', 'invoice')))
             ORDER BY contact.commercial_partner_id, way.by_email,
                      way.by_email AND COALESCE(contact.email_normalized, '') = '',
                      contact.id = contact.commercial_partner_id,
                      contact.type != 'dunning', contact.id""",
            run.id,
        )
