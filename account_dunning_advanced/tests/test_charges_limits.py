from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .charges_common import LATER, PlannedCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestLimitsOnTheClaim(PlannedCommon):
    """Legal limits hold for all that is charged on a claim, in any currency."""

    def _limit(self, **values):
        return self.env["account.dunning.charge.limit"].create(
            {
                "name": "Not more",
                "for_company": True,
                "rule": "maximum",
                "currency_id": self.company.currency_id.id,
                "source": "art. X",
                **values,
            }
        )

    def test_dutch_scale_is_for_all_notices_together(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        costs = self.env.ref("account_dunning_advanced.charge_nl_collection").copy(
            # left to the limit, that is
            {"code": "nl", "country_id": False, "is_once": False}
        )
        self.policy.level_ids.charge_ids = costs
        item = self._create_item(
            1000, 30, self._create_consumer("Dutch", "base.nl"), currency=euro
        )

        notices = [
            self._issue_first(item, DAY + timedelta(days=days)) for days in (0, 20, 40)
        ]

        # the first one is the letter of 14 days; 15 % of 1,000, once
        self.assertEqual([notice.amount_fee for notice in notices], [0, 150, 0])
        self.assertIn("legal scale", notices[2].refused_charge_ids.refusal)

    def test_scale_in_another_currency_is_converted(self):
        fee = self._create_charge("Flat", amount=2000)
        self.policy.level_ids.charge_ids = fee
        item = self._create_item(1000, 30, self._create_consumer("Dutch", "base.nl"))
        self._issue_first(item)

        notice = self._issue_first(item, LATER)

        euro = self.env.ref("base.EUR")
        scale = self.env.ref("account_dunning_advanced.charge_nl_collection")
        most = scale._compute_amount(
            1000, self.company.currency_id, self.company, LATER, convert=True
        )
        self.assertNotEqual(euro, self.company.currency_id)
        self.assertTrue(most)
        self.assertEqual(notice.amount_fee, most)
        self.assertIn("Lowered", notice.charge_ids.refusal)

    def test_limit_by_claim_and_by_notice(self):
        self.fee.amount = 6
        self.policy.level_ids.charge_ids = self.fee
        stories = [
            ("claim", DAY, [6, 4, 0]),
            ("notice", DAY + timedelta(days=60), [6, 6, 6]),
        ]
        for basis, day, fees in stories:
            with self.subTest(basis=basis):
                limit = self._limit(max_amount=10, max_basis=basis)
                partner = self._create_debtor(basis)
                item = self._create_item(1000, 30, partner, day=day)
                notices = [
                    self._issue_first(item, day + timedelta(days=days))
                    for days in (0, 20, 40)
                ]
                self.assertEqual([notice.amount_fee for notice in notices], fees)
                limit.active = False

    def test_waived_fee_leaves_room_again(self):
        self.fee.amount = 6
        self.policy.level_ids.charge_ids = self.fee
        self._limit(max_amount=10)
        item = self._create_item(1000, 30)
        self._issue_first(item).charge_ids.with_user(self.manager)._waive("goodwill")

        self.assertEqual(self._issue_first(item, LATER).amount_fee, 6)

    def test_fee_by_hand_counts_to_the_limit(self):
        self.first.charge_ids = self.fee
        self._limit(max_amount=8, max_basis="notice")
        extra = self._create_charge("Extra", amount=5)
        more = self._create_charge("More", amount=5)
        self._create_item(1000, 30)
        notice = self._propose(self.debtor)

        self._add(notice, extra)

        self.assertEqual(notice.amount_fee, 8)
        with self.assertRaisesRegex(UserError, "art. X"):
            self._add(notice, more)
        self._issue(notice)
        self.assertEqual(notice.amount_fee, 8)

    def test_most_interest_that_a_law_allows(self):
        self.policy.level_ids.charge_interest = True
        self._limit(charge_kind="interest", max_amount=12)
        item = self._create_item(1000, 30)

        first = self._issue_first(item)
        second = self._issue_first(item, LATER)

        self.assertAlmostEqual(first.amount_interest, 10.34)
        # 5.52 and 1.35 would be owed
        self.assertAlmostEqual(second.amount_interest, 1.66)
        self.assertIn("art. X", second.charge_ids.explanation)
        self.assertIn("art. X", second.refused_charge_ids.refusal)

    def test_fee_counts_only_items_that_had_their_free_notice(self):
        self.env["account.dunning.charge.limit"].search(
            [("rule", "=", "maximum")]
        ).active = False
        fee = self._create_charge("One percent", method="percent", rate=1)
        self.policy.level_ids.charge_ids = fee
        consumer = self._create_consumer()
        old = self._create_item(100, 30, consumer)
        first = self._issue_first(old)
        self._create_item(5000, 10, consumer, day=LATER)

        second = self._issue_first(old, LATER)

        self.assertEqual(first.amount_fee, 0)
        self.assertEqual(second.amount_fee, 1)
        self.assertEqual(second.charge_ids.base, 100)

    def test_law_of_france_holds_overseas(self):
        self.first.charge_ids = self.fee
        for code in ("gp", "mq", "gf", "re", "yt"):
            with self.subTest(country=code):
                partner = self._create_consumer(code, f"base.{code}")
                notice = self._issue_first(self._create_item(1000, 30, partner))
                self.assertEqual(notice.amount_fee, 0)
                self.assertIn("L111-8", notice.refused_charge_ids.refusal)


@tagged("post_install", "-at_install")
class TestCourtesyIsNoReminder(PlannedCommon):
    def test_the_first_reminder_after_the_due_date_is_free(self):
        """Due on the 5th day: a courtesy before it, reminders 7 and 35 days after."""
        policy = self._create_policy("Courteous", delays=(-5, 7, 35))
        policy.level_ids[1:].charge_ids = self.fee
        self.fee.amount = 2
        self.company.dunning_policy_id = policy
        for number, country in enumerate(("base.de", "base.be", "base.nl")):
            with self.subTest(country=country):
                day = DAY + timedelta(days=50 * number)
                item = self._create_item(
                    1000, -5, self._create_consumer(country, country), day=day
                )

                fees = [
                    self._issue_first(item, day + timedelta(days=days)).amount_fee
                    for days in (0, 12, 40)
                ]

                self.assertEqual(fees, [0, 0, 2])
