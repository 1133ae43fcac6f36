from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools import SQL

from ..engine import interest as engine
from ..engine.interest_correction import Settled, correct_base
from ..engine.rounding import to_decimal
from .account_dunning_notice_charge import OWED


class AccountDunningNoticeCorrection(models.Model):
    """Correcting: charges follow payments that reached the books late.

    A bank statement comes days after the money. Where a payment is matched that is
    dated before the last day a notice charged, the debtor owed less on those days:
    what was charged for them is taken back, and charged anew on what was open. A fee
    for what had been paid before is taken back as well.

    What was open is always read from the ledger as it stands, so that it does not
    matter how often a payment is matched, undone and booked again.

    What was taken back and turns out to have been owed comes back with the next notice
    on the item, linked to the charge that was taken back (``restored_id``): nobody is
    sent a bill that no notice tells of. See
    :meth:`account.dunning.charging._prepare_interest`.

    So does what is owed once a claim: a lump sum, the collection costs of a scale. A
    fee for one notice does not come back by itself: it pays the cost of that notice,
    which the customer has been told costs nothing, and a payment that bounces has costs
    of its own. Who wants it adds it to the next notice in the review, with a reason
    (``action_add_charge``), held to the same agreements and limits.
    """

    # rooms of their own: charging, correcting and delivering
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    def _remember_interest_days(self):
        result = super()._remember_interest_days()
        self._remember_known_payments()
        return result

    def _remember_known_payments(self, looked_at=()):
        """Note which matchings the charges just made knew of, to look at later ones.

        By number, for several transactions may bear one time. The items are locked
        while a notice is issued, so no matching of theirs can have a lower number and
        come later. What was carried from an earlier notice, or is charged in place of
        another charge, keeps what that one knew.

        :param looked_at: ids of charges that were held against the ledger just now.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_notice_charge
                   SET checked_partial_id = now.partial,
                       known_partial_id = COALESCE(known_partial_id, now.partial),
                       known_credit_id = COALESCE(known_credit_id, now.credit),
                       known_dispute_id = COALESCE(known_dispute_id, now.dispute)
                  FROM (SELECT COALESCE((SELECT MAX(id)
                                           FROM account_partial_reconcile), 0),
                               (SELECT MAX(id) FROM account_move_line),
                               COALESCE((SELECT MAX(id)
                                           FROM account_dunning_dispute), 0)
                       ) AS now(partial, credit, dispute)
                 WHERE notice_id = ANY(%s) AND state = ANY(%s)
                   AND (checked_partial_id IS NULL OR id = ANY(%s))""",
                list(self.ids),
                list(OWED),
                list(looked_at),
            )
        )
        self.env["account.dunning.notice.charge"].invalidate_model(
            [
                "checked_partial_id",
                "known_partial_id",
                "known_credit_id",
                "known_dispute_id",
            ]
        )

    @api.model
    def _bill_waiting(self, company):
        self._correct_charges(company)
        return super()._bill_waiting(company)

    @api.model
    def _correct_charges(self, company):
        """Charge anew where payments of the days charged were booked since.

        One notice's trouble, such as closed books, keeps no other from its correction.

        :param res.company company: whose notices.
        """
        for notice_id, charge_ids in self._get_late_payments(company):
            notice = self.browse(notice_id)
            try:
                with self.env.cr.savepoint():
                    notice._correct_items(charge_ids)
            except (UserError, RedirectWarning) as error:
                notice._tell_unbilled(error.args[0])

    @api.model
    def _get_late_payments(self, company):
        """Return (notice id, charge ids) where matchings came since that may matter.

        A fee that is charged once a notice stands for all its items.
        """
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT charge.notice_id, ARRAY_AGG(DISTINCT charge.id)
                  FROM account_dunning_notice_charge charge
                  JOIN account_dunning_notice notice ON notice.id = charge.notice_id
                  LEFT JOIN account_dunning_charge by ON by.id = charge.charge_id
                  JOIN account_dunning_notice_line line
                         ON line.notice_id = charge.notice_id
                        AND line.state = 'issued'
                        AND (line.move_line_id = charge.move_line_id
                             OR by.basis = 'notice')
                  JOIN account_partial_reconcile part
                         ON part.debit_move_id = line.move_line_id
                        AND part.id > charge.checked_partial_id
                        AND part.max_date <= COALESCE(charge.date_to, notice.date)
                 WHERE charge.company_id = %s AND charge.state = ANY(%s)
                   AND notice.state = 'issued'
                 GROUP BY 1 ORDER BY 1""",
                company.id,
                list(OWED),
            )
        )

    def _correct_items(self, charge_ids, reason=None):
        """Take back charges, and charge what is left of them.

        :param charge_ids: charges of this notice on whose items less was owed than was
            charged on.
        :param str reason: why; without it that a payment came in late.
        """
        self.ensure_one()
        # two that look at once: the second finds nothing to correct
        self.lock_for_update(allow_referencing=True)
        charges_sudo = self.env["account.dunning.notice.charge"].sudo()
        charges_sudo = charges_sudo.browse(charge_ids)
        charges_sudo.invalidate_recordset(["state"])
        charges_sudo = charges_sudo.filtered(lambda charge: charge.state in OWED)
        items = charges_sudo.move_line_id | self.line_ids.move_line_id
        Charging = self.env["account.dunning.charging"]
        balances = Charging._get_balances(items)
        settled = defaultdict(list)
        for entry in Charging._get_settled(items):
            settled[entry.item_id].append(entry)
        anew = {
            charge: vals_list
            for charge in charges_sudo
            if (vals_list := self._prepare_correction(charge, balances, settled))
            is not None
        }
        if anew:
            self._correct(anew, reason or self.env._("A payment was booked late"))
        self._remember_known_payments(looked_at=charges_sudo.ids)

    def _correct(self, anew, reason):
        """Take these charges back and charge what takes their place.

        :param anew: {charge: values of the charges in its place}.
        :param str reason: why they are taken back.
        """
        self.ensure_one()
        charges_sudo = self.env["account.dunning.notice.charge"].sudo().union(*anew)
        billed = charges_sudo.filtered(lambda charge: charge.state == "posted")
        charges_sudo._undo("reversed", reason)
        self._charge_anew(
            [values for vals_list in anew.values() for values in vals_list],
            bill_items=billed.move_line_id,
        )
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
        self._tell_charges(fresh_sudo, "posted", "")

    def _prepare_correction(self, charge, balances, settled):
        """Return values of what is charged in place of a charge; None if it stands.

        :param balances: {item id: [(day, open amount)]} by the ledger of now.
        :param settled: {item id: [Entry]}: what makes these balances.
        """
        self.ensure_one()
        if charge.kind != "interest":
            if self._is_charge_void(charge, balances):
                return []
            return self._prepare_lower_fee(charge, balances)
        if charge.interest_id.compounding == "none":
            segments = self._accrue_anew(charge, settled[charge.move_line_id.id])
        else:
            course = [
                engine.Balance(*pair) for pair in balances[charge.move_line_id.id]
            ]
            segments = self._compound_anew(charge, course)
        if segments is None:
            return None
        left = to_decimal(charge.amount)
        vals_list = []
        for segment in segments:
            # never more than what was charged, e.g. lowered by a limit of law
            amount = min(segment.amount, left)
            left -= amount
            vals_list.append(self._prepare_segment(charge, segment, amount))
        return vals_list

    def _prepare_lower_fee(self, charge, balances):
        """Return values of a fee by what was rightly asked for; None if it stands.

        Only a fee that depends on the amount changes with it.
        """
        self.ensure_one()
        if charge.kind != "fee" or not charge.charge_id or not charge.base:
            return None
        first = charge._get_first_announced()
        lines = first._get_lines_charged_for()
        day = first.notice_id.date - timedelta(days=1)
        balances = self._get_balances_of(lines.move_line_id, balances)
        base = sum(
            min(
                to_decimal(line.amount_dunned),
                max(_get_open(balances[line.move_line_id.id], day), 0),
            )
            for line in lines
        )
        if base >= to_decimal(charge.base):
            return None
        amount = charge.charge_id._compute_amount(
            float(base), charge.currency_id, charge.company_id, self.date
        )
        if charge.currency_id.compare_amounts(amount, charge.amount) >= 0:
            return None
        return [
            {
                **self._prepare_replacement(charge),
                "charge_id": charge.charge_id.id,
                "amount": amount,
                "base": float(base),
            }
        ]

    def _get_engine_entries(self, charge, entries):
        """Return what was set against an item as seen by a charge."""
        return [
            Settled(entry.day, entry.amount, self._was_left_out(charge, entry))
            for entry in entries
        ]

    @api.model
    def _was_left_out(self, charge, entry):
        """Return whether a charge may have left out what was matched only since."""
        if entry.partial_id and entry.partial_id <= charge.known_partial_id:
            return False
        if entry.dispute_id:
            return entry.dispute_id <= charge.known_dispute_id
        return entry.credit_id <= charge.known_credit_id

    def _accrue_anew(self, charge, entries):
        """Return the interest of the days of a charge, on what was open of its base.

        :return: engine segments; None where as much was open as was charged on.
        """
        base = to_decimal(charge.base)
        lowered = correct_base(
            base,
            to_decimal(charge.amount_left_out),
            to_decimal(charge.move_line_id.amount_currency),
            self._get_engine_entries(charge, entries),
            charge.date_from,
            charge.date_to,
            to_decimal(charge.base_floor),
        )
        if all(balance.amount == base for balance in lowered):
            return None
        # one charge has one rate; it stands, whatever its rule would say by now
        terms = engine.Terms(
            mode="fixed",
            margin=to_decimal(charge.rate),
            day_count=charge.interest_id.day_count,
        )
        return engine.accrue(
            terms,
            (),
            lowered,
            charge.date_from,
            charge.date_from,
            charge.date_to,
            to_decimal(charge.currency_id.rounding),
        )

    def _compound_anew(self, charge, course):
        """Return the interest of the days of a charge whose base contains interest.

        What was open in the years before counts too, so the rule itself is asked.

        :return: engine segments; None where it was charged on no more than that.
        """
        item, line = charge.move_line_id, charge.notice_line_id
        reminders = self.env["account.dunning.charging"]._get_first_notices(item)
        segments = charge.interest_id._accrue(
            course,
            line.date_due,
            charge.date_to,
            charge.currency_id,
            charge.company_id,
            date_from=charge.date_from,
            notice_date=reminders.get(item.id, (None, None))[1],
            invoice_date=item.move_id.invoice_date,
            terms=charge.interest_id._get_capped_terms(
                line.company_id, line.partner_id
            ),
            charged=self._get_layers_around(charge),
        )
        base, following = to_decimal(charge.base), charge.date_from
        stands = True
        for segment in segments:
            stands &= segment.date_from == following and segment.base >= base
            following = segment.date_to + timedelta(days=1)
        if stands and following == charge.date_to + timedelta(days=1):
            return None
        return segments

    @api.model
    def _get_layers_around(self, charge):
        """Return what of the days of a charge others bear, or what is above it."""
        floor = to_decimal(charge.base_floor)
        return [
            engine.Layer(charge.date_from, charge.date_to, *part)
            for part in (
                (to_decimal(0), floor),
                (floor + to_decimal(charge.base), None),
            )
        ]

    def _is_charge_void(self, charge, balances):
        """Return whether a fee or lump sum was charged for what had been paid.

        A fee is for the notice: void if all that it stands for was paid before the
        notice's date. A lump sum is for being late at all: void if the item was paid
        when it was due. A loss is no payment.
        """
        first = charge._get_first_announced()
        lines = first._get_lines_charged_for()
        if charge.kind == "lump_sum":
            last = first.notice_line_id.date_due
        else:
            last = first.notice_id.date - timedelta(days=1)
        if not lines or not last:
            return False
        balances = self._get_balances_of(lines.move_line_id, balances)
        return all(
            not item._is_written_off() and _get_open(balances[item.id], last) <= 0
            for item in lines.move_line_id
        )

    @api.model
    def _get_balances_of(self, items, balances):
        """Return the balances, read also for items of the notice that came before."""
        missing = items.filtered(lambda item: item.id not in balances)
        if not missing:
            return balances
        read = self.env["account.dunning.charging"]._get_balances(missing)
        return {**balances, **read}

    def _prepare_segment(self, charge, segment, amount):
        """Return values of a stretch of interest in place of a charge."""
        return {
            **self._prepare_replacement(charge),
            "interest_id": charge.interest_id.id,
            "amount": float(amount),
            "base": float(segment.base),
            "rate": float(segment.rate),
            "date_from": segment.date_from,
            "date_to": segment.date_to,
            "days": segment.days,
        }

    def _prepare_replacement(self, charge):
        """Return values that a charge in place of another one takes over."""
        self.ensure_one()
        return {
            "notice_id": self.id,
            "notice_line_id": charge.notice_line_id.id,
            "company_id": charge.company_id.id,
            "partner_id": charge.partner_id.id,
            "currency_id": charge.currency_id.id,
            "move_line_id": charge.move_line_id.id,
            "move_id": charge.move_id.id,
            "kind": charge.kind,
            # so that what was carried comes back if this notice is reversed
            "carried_from_id": charge.carried_from_id.id,
            # its base leaves out what that one left out
            "known_partial_id": charge.known_partial_id,
            "known_credit_id": charge.known_credit_id,
            "known_dispute_id": charge.known_dispute_id,
            "amount_left_out": charge.amount_left_out,
            "base_floor": charge.base_floor,
            "restored_id": charge.restored_id.id,
            "source": charge.source,
            "warning": charge.warning,
            "refusal": charge.refusal,
        }


def _get_open(course, last):
    """Return what was open of an item on a day, by its course."""
    return [amount for day, amount in course if day <= last][-1]
