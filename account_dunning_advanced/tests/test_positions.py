from odoo.fields import Command
from odoo.tests import tagged

from .common import DAY, DunningCommon

#: Tables whose joins a statement about one customer may do without.
TABLES = (
    "account_dunning_dispute",
    "account_dunning_promise",
    "account_dunning_hold",
    "account_dunning_offer",
)


@tagged("post_install", "-at_install")
class TestPositions(DunningCommon):
    """The account of one customer asks for what concerns that customer.

    That the answers are those of a run is asserted with each reason, see
    ``assertReason``.
    """

    def setUp(self):
        super().setUp()
        self.assessment = self.env["account.dunning.assessment"]
        self.other = self._create_debtor("Other Trading")
        self.mine = self._create_item(100, 30)
        self.theirs = self._create_item(100, 30, partner=self.other)

    def _get_tables(self, partner):
        """Return the tables that the statement of a customer's account reads."""
        code = self.assessment._get_positions(self.company, DAY, partner).code
        return {table for table in TABLES if table in code}

    def _trouble(self, item):
        """Have a dispute, a promise and a hold on an item."""
        reason = self.env["account.dunning.dispute.reason"].search([], limit=1)
        self.env["account.dunning.dispute"].create(
            {
                "partner_id": item.partner_id.id,
                "move_line_ids": [Command.set(item.ids)],
                "reason_id": reason.id,
                "amount": 10,
            }
        )
        self.env["account.dunning.promise"].create(
            {
                "partner_id": item.partner_id.id,
                "date": DAY,
                "move_line_ids": [Command.set(item.ids)],
                "line_ids": [Command.create({"date": DAY, "amount": 90})],
            }
        ).action_confirm()
        self.env["account.dunning.hold"].create(
            {
                "partner_id": item.partner_id.id,
                "reason": "Waits for the new owner",
                "date_from": DAY,
            }
        )

    def test_what_concerns_others_is_left_out(self):
        self._trouble(self.theirs)

        self.assertFalse(self._get_tables(self.debtor))
        self.assertEqual(
            self._get_tables(self.other),
            {
                "account_dunning_dispute",
                "account_dunning_promise",
                "account_dunning_hold",
            },
        )

    def test_item_of_an_address_counts_for_its_company(self):
        """What stands on an item of a contact concerns the whole customer."""
        contact = self._create_debtor(
            "Contact", parent_id=self.debtor.id, is_company=False
        )
        item = self._create_item(100, 30, partner=contact)
        self.env["account.dunning.hold"].create(
            {"move_line_id": item.id, "reason": "Asked for", "date_from": DAY}
        )

        self.assertIn("account_dunning_hold", self._get_tables(self.debtor))
        self.assertEqual(self._look(item), "hold_item")

    def test_one_statement_finds_out_what_concerns_a_customer(self):
        parts = self.assessment._get_parts(self.company, DAY)
        scope = self.assessment._get_scope(self.company, DAY, self.debtor)
        self._trouble(self.theirs)
        self.env.flush_all()

        with self.assertQueryCount(1):
            kept = self.assessment._leave_out(scope, parts)

        self.assertEqual(
            [part for part in parts if part not in kept],
            [part for part in parts if part.among],
        )

    def test_part_that_is_left_out_wrongly_is_noticed(self):
        self.env["account.dunning.hold"].create(
            {"move_line_id": self.mine.id, "reason": "Asked for", "date_from": DAY}
        )
        self.assertReason(self.mine, "hold_item")

        self.patch(
            type(self.assessment),
            "_leave_out",
            lambda _self, _scope, parts: [part for part in parts if not part.among],
        )

        with self.assertRaises(AssertionError):
            self.assertReason(self.mine, "hold_item")

    def test_outlook_adds_up_what_the_verdicts_say(self):
        """One is dunned, two are not asked for yet, one is not even overdue."""
        self._create_item(50, 3)
        self._create_item(70, 2)
        self._create_item(1000, -20)

        outlook = self.assessment._get_outlook(
            self.company, DAY, self.debtor + self.other
        )

        rows = [
            row
            for row in self.assessment._assess(self.company, DAY)
            if row["date_due"] < DAY
        ]
        for debtor in self.debtor + self.other:
            mine = [row for row in rows if row["debtor_id"] == debtor.id]
            by_reason = {}
            for row in mine:
                by_reason.setdefault(row["reason"], []).append(row)
            expected = [
                {
                    "debtor_id": debtor.id,
                    "reason": reason,
                    "residual": sum(row["residual"] for row in of_reason),
                    "reason_date": min(
                        (row["reason_date"] for row in of_reason if row["reason_date"]),
                        default=None,
                    ),
                    "next_level_id": of_reason[0]["next_level_id"],
                }
                for reason, of_reason in sorted(by_reason.items())
            ]
            self.assertEqual(outlook[debtor.id], expected)
        self.assertEqual(
            [row["reason"] for row in outlook[self.debtor.id]], ["dun", "not_due"]
        )
