from contextlib import contextmanager

from odoo import fields, models
from odoo.tools import SQL


class AccountDunningNoticeIssue(models.Model):
    """Issuing: drafts become notices, and their items get the levels.

    What a run calls while it issues (``account_dunning_run_issue``), batch by batch:
    what is left after the second look, numbers, levels, and what follows.
    """

    # rooms of their own: proposing and issuing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === BUSINESS METHODS - SECOND LOOK === #

    def _merge_twins(self):
        """Join drafts that are for one customer and currency; return what is left.

        Two customers that were merged since the plan was made are told in one notice,
        not in two.
        """
        twins = self.browse()
        joined = self.browse()
        for drafts in self.grouped(lambda n: (n.partner_id, n.currency_id)).values():
            first, *others = drafts.sorted("id")
            for other in others:
                other.line_ids._unguarded().notice_id = first
                joined |= first
                twins |= other
        if twins:
            twins._cancel()
            self.env.flush_all()
            self._refresh_totals(SQL("notice.id = ANY(%s)", list(twins.ids)))
            self.env["account.dunning.charging"]._charge(joined)
        return self - twins

    def _apply_recheck(self):
        """Cancel the notices of which nothing is left; total up the others.

        :return: the notices to issue.
        """
        self.env.flush_all()
        self._refresh_totals(SQL("notice.id = ANY(%s)", list(self.ids)))
        # charges of earlier notices alone make none
        empty = self.filtered(
            lambda notice: all(
                line.state == "dropped" or line.is_charge for line in notice.line_ids
            )
        )
        empty._cancel()
        kept = self - empty
        kept._refresh_level()
        return kept

    def _refresh_level(self):
        """Set the notices to the highest level among the items that are left."""
        for notice in self:
            lines = notice.line_ids.filtered(
                lambda line: line.state != "dropped" and not line.is_charge
            )
            level = lines.level_id._get_highest()
            if level and level != notice.level_id:
                notice._unguarded().write(notice._prepare_level_vals(level))

    def _prepare_level_vals(self, level):
        """Return what a notice takes over from its level."""
        self.ensure_one()
        [(values,)] = self.env.execute_query(
            SQL(
                "SELECT TO_JSONB(level) FROM account_dunning_level level WHERE id = %s",
                level.id,
            )
        )
        return {
            "level_id": level.id,
            "level_values": values,
            "date_deadline": fields.Date.add(self.date, days=level.payment_days),
        }

    # === BUSINESS METHODS - WRITING === #

    def _number(self):
        """Give the notices consecutive numbers of their companies' sequences.

        A block is drawn in one query. What is drawn in a batch that fails is lost:
        numbers rise without repeating, but a crash may leave a gap.
        """
        for company, notices in self.grouped("company_id").items():
            waiting = notices.filtered(lambda notice: not notice.name)
            names = company._next_dunning_numbers(len(waiting), waiting[:1].date)
            self.env.cr.execute(
                SQL(
                    """UPDATE account_dunning_notice notice SET name = number.name
                         FROM UNNEST(%s, %s) AS number(id, name)
                        WHERE number.id = notice.id""",
                    waiting.ids,
                    names,
                )
            )
        self.invalidate_recordset(["name"])

    def _write_issued(self):
        """Mark notices and lines as issued and raise the items' levels.

        The unique index on issued lines makes it impossible to give an item one level
        twice, whatever went wrong before.
        """
        if not self:
            return
        self.env.flush_all()
        ids = list(self.ids)
        for query in (
            SQL(
                """UPDATE account_dunning_notice_line
                      SET state = 'issued'
                    WHERE notice_id = ANY(%s) AND state = 'draft'""",
                ids,
            ),
            SQL(
                """UPDATE account_dunning_notice notice
                      SET state = 'issued', delivery_state = 'pending',
                          needs_print = COALESCE(
                              (notice.level_values ->> 'channel_letter')::boolean,
                              FALSE),
                          -- a run for a past day gives the full time to pay
                          date_deadline = GREATEST(notice.date_deadline,
                              %s + (notice.level_values ->> 'payment_days')::int4),
                          write_uid = %s, write_date = %s
                    WHERE notice.id = ANY(%s)""",
                self[:1].company_id._dunning_today(),
                self.env.uid,
                self.env.cr.now(),
                ids,
            ),
            SQL(
                """UPDATE account_move_line item
                      SET dunning_level_id = line.level_id, dunning_date = notice.date
                     FROM account_dunning_notice_line line
                     JOIN account_dunning_notice notice ON notice.id = line.notice_id
                    WHERE item.id = line.move_line_id AND line.state = 'issued'
                      AND line.is_charge IS NOT TRUE AND notice.id = ANY(%s)""",
                ids,
            ),
        ):
            self.env.cr.execute(query)
        self.env.invalidate_all(flush=False)
        self.line_ids.move_line_id.move_id._refresh_dunning_level()

    @contextmanager
    def _watch_issue(self):
        """Let automation rules see notices issued and levels raised within the block.

        They are applied at its end, when numbers and charges are there as well.
        """
        Automation = self.env["account.dunning.automation"]
        items = self.line_ids.move_line_id
        with (
            Automation._watch(self, ["state", "name"]),
            Automation._watch(items, ["dunning_level_id", "dunning_date"]),
        ):
            yield

    def _after_issue(self):
        """Hook for what follows from issuing, in the same transaction.

        For an addon to act on issued notices, it must override this method. It runs
        once a batch; keep the number of queries independent of the batch's size.
        What charges a notice must come before this, for offers count charges.
        """
        self.env["account.dunning.reward"]._offer(self)

    def _keep_error(self, error):
        """Keep why these notices could not be issued; they stay drafts.

        :param str error: the reason, for a person to read.
        """
        self._unguarded().error = error
        self.env["account.dunning.run.change"]._keep(
            [
                {
                    "run_id": notice.run_id.id,
                    "notice_id": notice.id,
                    "partner_id": notice.partner_id.id,
                    "currency_id": notice.currency_id.id,
                    "stage": "issue",
                    "kind": "error",
                    "note": error,
                    "amount_before": notice.amount_total,
                    "level_before_id": notice.level_id.id,
                }
                for notice in self
            ]
        )
