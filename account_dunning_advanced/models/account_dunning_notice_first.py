from odoo import api, models

from ..engine import interest as engine
from ..engine.rounding import to_decimal
from .account_dunning_notice_charge import OWED


class AccountDunningNoticeFirst(models.Model):
    """Reversing: a later notice may be the first one now, and charge as a first one.

    Interest may begin with the reminder, and laws may leave the first reminder free.
    """

    # rooms of their own: charging, correcting and reversing
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    def _reverse(self):
        lines = self.line_ids.filtered(lambda line: line.state == "issued")
        items = lines.move_line_id
        result = super()._reverse()
        if items:
            self._correct_later_notices(items)
        return result

    def _correct_later_notices(self, items):
        """Take back what other notices charge that only a second one may charge."""
        charges_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search(
                [
                    ("move_line_id", "in", items.ids),
                    ("state", "in", OWED),
                    ("notice_id.state", "=", "issued"),
                    ("notice_id.date", ">=", min(self.mapped("date"))),
                    ("notice_id", "not in", self.ids),
                ]
            )
        )
        reason = self.env._("An earlier notice was reversed")
        for notice_sudo, charges in charges_sudo.grouped("notice_id").items():
            anew = {
                charge: vals_list
                for charge in charges
                if (vals_list := notice_sudo._prepare_as_first(charge)) is not None
            }
            if anew:
                notice_sudo._correct(anew, reason)
                notice_sudo._remember_known_payments()

    def _prepare_as_first(self, charge):
        """Return values of what a charge is now; None if it stands."""
        self.ensure_one()
        Charging = self.env["account.dunning.charging"]
        item = charge.move_line_id
        reminder = Charging._get_first_notices(item).get(item.id, (None, None))[1]
        if charge.kind == "interest":
            return self._prepare_from_reminder(charge, reminder)
        notice = charge._get_first_announced().notice_id
        limits = self._get_limits_on_charge(charge)
        is_first = not reminder or reminder >= notice.date
        if limits._get_refusal(notice.date, None if is_first else reminder):
            return []
        return None

    @api.model
    def _get_limits_on_charge(self, charge):
        """Return which laws limit charges of this kind on the debtor."""
        partner = charge.notice_id.partner_id
        return (
            self.env["account.dunning.charging"]
            ._get_limits()
            ._get_for(
                partner.country_id or charge.company_id.country_id,
                partner._get_dunning_kind(),
                charge.kind,
            )
        )

    def _prepare_from_reminder(self, charge, reminder):
        """Return values of interest that begins with a later reminder than before."""
        rule = charge.interest_id
        days = [self._get_limits_on_charge(charge)._get_first_interest_day(reminder)]
        if rule.start_basis == "notice":
            days.append(
                rule._get_first_day(
                    charge.notice_line_id.date_due,
                    reminder,
                    charge.move_line_id.move_id.invoice_date,
                )
            )
        elif not any(days):
            return None
        first = max(filter(None, days), default=None)
        if first and first <= charge.date_from:
            return None
        if not first or first > charge.date_to:
            return []
        segments = engine.accrue(
            # one charge has one rate and one base
            engine.Terms(
                mode="fixed", margin=to_decimal(charge.rate), day_count=rule.day_count
            ),
            (),
            [engine.Balance(first, to_decimal(charge.base))],
            first,
            first,
            charge.date_to,
            to_decimal(charge.currency_id.rounding),
        )
        return [
            self._prepare_segment(charge, segment, segment.amount)
            for segment in segments
        ]
