from freezegun import freeze_time

from odoo.fields import Command

from .common import DAY, DunningCommon


class WriteoffCommon(DunningCommon):
    """A company that is set up for write-offs, on DAY."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{DAY} 10:00:00"))
        cls.bad_debts = cls.company_data["default_account_expense"].copy(
            {"name": "Bad Debts"}
        )
        cls.company.write(
            {
                "dunning_writeoff_journal_id": cls.company_data[
                    "default_journal_misc"
                ].id,
                "dunning_writeoff_account_id": cls.bad_debts.id,
                "dunning_writeoff_limit": 500,
            }
        )
        cls.uneconomic = cls.env.ref(
            "account_dunning_advanced.account_dunning_writeoff_reason_uneconomic"
        )
        cls.other_manager = cls._create_user("other_manager", "group_dunning_manager")

    # === HELPERS === #

    @classmethod
    def _create_reason(cls, **values):
        return cls.env["account.dunning.writeoff.reason"].create(
            {"name": "Reason", "code": f"test_{len(values)}", **values}
        )

    def _request(self, items, amount=None, reason=None, user=None, **values):
        """Make a draft that writes items off, by the collector."""
        Request = self.env["account.dunning.writeoff"].with_user(user or self.collector)
        return Request.create(
            {
                "company_id": self.company.id,
                "date": DAY,
                "reason_id": (reason or self.uneconomic).id,
                "line_ids": [
                    Command.create(
                        {"move_line_id": item.id}
                        | ({"amount": amount} if amount else {})
                    )
                    for item in items
                ],
                **values,
            }
        )

    def _write_off(self, items, **values):
        """Write items off, by a collector and a manager."""
        request = self._request(items, **values)
        request.action_submit()
        if request.state == "to_approve":
            request.with_user(self.manager).action_approve()
        request.with_user(self.manager).action_post()
        return request

    def _evidence(self):
        return (
            self.env["ir.attachment"]
            .with_user(self.collector)
            .create({"name": "register.txt", "raw": b"dissolved"})
        )

    def _trial_balance(self):
        """Return {account id: (balance, balance in currencies)} of what is posted."""
        return {
            account.id: (round(balance, 2), round(in_currency, 2))
            for account, balance, in_currency in self.env[
                "account.move.line"
            ]._read_group(
                [
                    ("parent_state", "=", "posted"),
                    ("company_id", "=", self.company.id),
                ],
                ["account_id"],
                ["balance:sum", "amount_currency:sum"],
            )
            if round(balance, 2) or round(in_currency, 2)
        }
