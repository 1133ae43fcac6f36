from odoo import Command

from .common import DAY, DunningCommon

TODAY = "2024-06-14 10:00:00"


class DisputeCommon(DunningCommon):
    """Items that the customer objects to, and who decides about them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wrong_price = cls.env.ref(
            "account_dunning_advanced.account_dunning_dispute_reason_wrong_price"
        )

    def _dispute(self, items, amount=None, user=None, **values):
        return (
            self.env["account.dunning.dispute"]
            .with_user(user or self.collector)
            .create(
                {
                    "partner_id": items[:1].partner_id.id,
                    "move_line_ids": [Command.set(items.ids)],
                    "reason_id": self.wrong_price.id,
                    **({"amount": amount} if amount else {}),
                    **values,
                }
            )
        )

    def _get_asked(self, item, day=DAY):
        """Return what a run would ask for an item."""
        return self._judge(item, day).amount_dunned
