from datetime import timedelta

from freezegun import freeze_time

from odoo.fields import Command

from .common import DAY, DunningCommon


def at(offset):
    """The clock, so many days after the stories' day."""
    return freeze_time(f"{DAY + timedelta(days=offset)} 10:00:00")


def day(offset):
    """The date so many days after the stories' day."""
    return DAY + timedelta(days=offset)


class PromiseCommon(DunningCommon):
    """An item that is promised from ``DAY`` on, and the nights that judge it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._create_item(1000, 30)
        cls.collector.name = "Kim"
        cls.cron = cls.env.ref("account_dunning_advanced.ir_cron_judge_promises")

    def _agree(self, *parts, items=None, confirm=True, user=None, **values):
        """Agree on (days from now, amount) about the item."""
        items = items or self.item
        promise = (
            self.env["account.dunning.promise"]
            .with_user(user or self.collector)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "move_line_ids": [Command.set(items.ids)],
                    "line_ids": [
                        Command.create({"date": day(offset), "amount": amount})
                        for offset, amount in parts
                    ],
                    **values,
                }
            )
        )
        if confirm:
            promise.action_confirm()
        return promise

    def _match(self, item, amount, offset, account=None):
        """Post a payment as a journal entry of a day and match it with the item."""
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_bank"].id,
                "date": day(offset),
                "line_ids": [
                    Command.create(
                        {
                            "account_id": item.account_id.id,
                            "partner_id": item.partner_id.id,
                            "currency_id": item.currency_id.id,
                            "amount_currency": -amount,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": (
                                account or self.company_data["default_account_revenue"]
                            ).id,
                            "currency_id": item.currency_id.id,
                            "amount_currency": amount,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        credit = entry.line_ids.filtered(lambda line: line.credit)
        (item | credit).reconcile()
        return credit

    def _night(self, offset):
        """Run the daily job on a day."""
        with at(offset), self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    def _states(self, promise):
        return promise.line_ids.sorted("date").mapped("state")

    def _set_up_writeoffs(self):
        self.company.dunning_writeoff_journal_id = self.company_data[
            "default_journal_misc"
        ]
        self.company.dunning_writeoff_account_id = self.company_data[
            "default_account_expense"
        ]
        self.company.dunning_writeoff_limit = 5000
