from collections import defaultdict
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools import SQL

from ..engine import interest as engine
from ..engine.rounding import to_decimal
from .account_dunning_notice_charge import OWED


class AccountDunningNoticeCorrection(models.Model):
    """Correcting: interest follows payments that reached the books late.

    A bank statement comes days after the money. Where a payment is matched that is
    dated before the last day a notice charged, the debtor owed less on those days:
    what was charged for them is taken back, and charged anew on what was open.
    """

    # rooms of their own: charging, correcting and delivering
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    def _remember_interest_days(self):
        result = super()._remember_interest_days()
        self._remember_known_payments()
        return result

    def _remember_known_payments(self):
        """Note which matchings and entries the interest just charged knew of.

        By number, for several transactions may bear one time. The items are locked
        while a notice is issued, so no matching of theirs can have a lower number and
        come later.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_notice_charge
                   SET known_partial_id = COALESCE(
                           (SELECT MAX(id) FROM account_partial_reconcile), 0),
                       known_item_id = (SELECT MAX(id) FROM account_move_line)
                 WHERE notice_id = ANY(%s) AND kind = 'interest'
                   AND known_item_id IS NULL AND state = ANY(%s)""",
                list(self.ids),
                list(OWED),
            )
        )
        self.env["account.dunning.notice.charge"].invalidate_model(
            ["known_partial_id", "known_item_id"]
        )

    @api.model
    def _bill_waiting(self, company):
        self._correct_interest(company)
        return super()._bill_waiting(company)

    @api.model
    def _correct_interest(self, company):
        """Charge interest anew where payments of its days were booked since.

        One notice's trouble, such as closed books, keeps no other from its correction.

        :param res.company company: whose notices.
        """
        for notice_id, payments in self._get_late_payments(company).items():
            notice = self.browse(notice_id)
            try:
                with self.env.cr.savepoint():
                    notice._correct_items(payments)
            except (UserError, RedirectWarning) as error:
                notice._tell_unbilled(error.args[0])

    @api.model
    def _get_late_payments(self, company):
        """Return {notice id: {charge id: [(day, amount)]}} of payments not known then.

        A credit that was open in the books already lowered the interest by netting,
        where the policy nets; matching it later changes nothing.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT charge.notice_id, charge.id, part.max_date,
                       SUM(part.debit_amount_currency)
                  FROM account_dunning_notice_charge charge
                  JOIN account_partial_reconcile part
                         ON part.debit_move_id = charge.move_line_id
                        AND part.id > charge.known_partial_id
                        AND part.max_date <= charge.date_to
                  JOIN account_move_line credit ON credit.id = part.credit_move_id
                  JOIN account_dunning_notice notice ON notice.id = charge.notice_id
                  JOIN account_dunning_level level ON level.id = notice.level_id
                  JOIN account_dunning_policy policy ON policy.id = level.policy_id
                 WHERE charge.company_id = %(company)s AND charge.kind = 'interest'
                   AND charge.state = ANY(%(owed)s) AND notice.state = 'issued'
                   AND (credit.id > charge.known_item_id
                        OR policy.netting != 'debtor')
                 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",
                company=company.id,
                owed=list(OWED),
            )
        )
        late = defaultdict(lambda: defaultdict(list))
        for notice_id, charge_id, day, amount in rows:
            late[notice_id][charge_id].append((day, Decimal(str(amount))))
        return late

    def _correct_items(self, payments):
        """Take back interest charges, and charge what is left of them.

        :param payments: {charge id: [(day, amount)]}.
        """
        self.ensure_one()
        # two that look at once: the second finds nothing to correct
        self.lock_for_update(allow_referencing=True)
        Charge = self.env["account.dunning.notice.charge"].sudo()
        charges_sudo = Charge.browse(payments).filtered(lambda c: c.state in OWED)
        charges_sudo.invalidate_recordset(["state"])
        charges_sudo = charges_sudo.filtered(lambda c: c.state in OWED)
        if not charges_sudo:
            return
        vals_list = [
            values
            for charge in charges_sudo
            for values in self._prepare_correction(charge, payments[charge.id])
        ]
        billed = charges_sudo.filtered(lambda charge: charge.state == "posted")
        reason = self.env._("A payment was booked late")
        charges_sudo._undo("reversed", reason)
        self._charge_anew(vals_list, bill_items=billed.move_line_id)
        self._restore_interest_days(charges_sudo.move_line_id)
        self._refresh_charge_totals()

    def _charge_anew(self, vals_list, bill_items):
        """Charge corrected interest; billed where what it replaces was billed."""
        self.ensure_one()
        known = self.sudo().charge_ids
        self.env["account.dunning.notice.charge"]._insert(vals_list)
        self.invalidate_recordset(["charge_ids"])
        fresh_sudo = self.sudo().charge_ids - known
        if not fresh_sudo:
            return
        to_bill = fresh_sudo.filtered(lambda c: c.move_line_id in bill_items)
        (fresh_sudo - to_bill).write({"state": self._get_open_charge_state()})
        to_bill._bill(self.company_id._dunning_today())
        self._remember_known_payments()
        self._tell_charges(fresh_sudo, "posted", "")

    def _prepare_correction(self, charge, payments):
        """Return values of the interest on what was open, for the days of a charge.

        :param payments: [(day, amount)] that were not known; from its day on each
            lowers what the charge was computed on.
        """
        self.ensure_one()
        # one charge has one rate; it stands, whatever its rule would say by now
        terms = engine.Terms(
            mode="fixed",
            margin=to_decimal(charge.rate),
            day_count=charge.interest_id.day_count,
        )
        charged = [engine.Balance(charge.date_from, to_decimal(charge.base))]
        segments = engine.accrue(
            terms,
            (),
            engine.lower_balances(charged, payments),
            charge.date_from,
            charge.date_from,
            charge.date_to,
            to_decimal(charge.currency_id.rounding),
        )
        left = to_decimal(charge.amount)
        vals_list = []
        for segment in segments:
            # never more than what was charged, e.g. lowered by a limit of law
            amount = min(segment.amount, left)
            left -= amount
            vals_list.append(
                {
                    "notice_id": self.id,
                    "notice_line_id": charge.notice_line_id.id,
                    "company_id": charge.company_id.id,
                    "currency_id": charge.currency_id.id,
                    "move_line_id": charge.move_line_id.id,
                    "move_id": charge.move_id.id,
                    "kind": "interest",
                    "interest_id": charge.interest_id.id,
                    "amount": float(amount),
                    "base": float(segment.base),
                    "rate": float(segment.rate),
                    "date_from": segment.date_from,
                    "date_to": segment.date_to,
                    "days": segment.days,
                    "source": charge.source,
                    "warning": charge.warning,
                    "refusal": charge.refusal,
                }
            )
        return vals_list
