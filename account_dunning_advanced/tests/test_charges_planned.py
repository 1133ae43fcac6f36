from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .charges_common import PlannedCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestInterestPlanned(PlannedCommon):
    """Interest is on what was open, by the nearest terms, and says where it is none."""

    def setUp(self):
        super().setUp()
        self.first.charge_interest = True

    def _get_rows(self, notice):
        return [
            (charge.days, charge.base)
            for charge in notice.charge_ids.sorted("date_from")
        ]

    def test_payment_on_account_counts_like_a_matched_one(self):
        other = self._create_debtor("On Account")
        matched = self._create_item(1000, 30)
        open_ = self._create_item(1000, 30, other)
        day = DAY - timedelta(days=2)
        self._pay(matched, 400, day=day)
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": other.id,
                "amount": 400,
                "date": day,
            }
        ).action_post()

        notices = [self._issue_first(matched), self._issue_first(open_)]

        self.assertEqual(self._get_rows(notices[0]), [(27, 1000), (3, 600)])
        self.assertEqual(self._get_rows(notices[1]), self._get_rows(notices[0]))

    def test_oldest_credit_is_for_what_it_covers_in_full(self):
        self._create_item(300, 40)
        item = self._create_item(1000, 30)
        # 300 of 25 May cover the older item, 200 of 4 June part of the other
        self._create_credit(300, day=DAY - timedelta(days=10))
        self._create_credit(200)

        notice = self._issue_first(item)

        self.assertEqual(self._get_rows(notice), [(19, 1000), (11, 800)])

    def test_terms_that_exclude_interest_exclude_that_of_the_law(self):
        stories = [
            # (whose terms allow none, is interest charged)
            ("customer", False),
            ("invoice", False),
            ("company", True),
        ]
        for whose, charged in stories:
            with self.subTest(whose=whose):
                partner = self._create_debtor(f"Excluded by {whose}")
                item = self._create_item(1000, 30, partner)
                terms = self.terms.copy(
                    {
                        "clause": "Frame contract, 3",
                        "allows_interest": False,
                        "date_from": DAY - timedelta(days=90),
                        "partner_id": whose == "customer" and partner.id,
                        "move_id": whose == "invoice" and item.move_id.id,
                    }
                )
                notice = self._issue_first(item)
                self.assertEqual(bool(notice.amount_interest), charged)
                if not charged:
                    self.assertIn(
                        "excluded by the terms “Frame contract, 3”",
                        notice.refused_charge_ids.refusal,
                    )
                terms.unlink()

    def test_agreed_rate_of_general_terms_is_not_for_who_agreed_on_none(self):
        self.terms.interest_id = self.env["account.dunning.interest"].create(
            {
                "name": "Agreed",
                "code": "a24",
                "mode": "fixed",
                "margin": 24,
                "needs_agreement": True,
            }
        )
        plain = self._create_debtor("Plain")
        self.terms.copy({"partner_id": self.debtor.id, "allows_interest": False})

        excluded = self._issue_first(self._create_item(1000, 30))
        agreed = self._issue_first(self._create_item(1000, 30, plain))

        self.assertEqual(excluded.amount_interest, 0)
        self.assertEqual(agreed.charge_ids.rate, 24)

    def test_country_without_a_rule_is_named(self):
        self.company.country_id = self.env.ref("base.us")
        self.company.account_fiscal_country_id = self.env.ref("base.us")

        notice = self._issue_first(self._create_item(1000, 30))

        self.assertEqual(notice.amount_total, 1000)
        self.assertIn(
            "No interest rule for United States", notice.refused_charge_ids.refusal
        )

    def test_rate_at_its_cap_is_told(self):
        rule = self.env["account.dunning.interest"].create(
            {
                "name": "High",
                "code": "high",
                "mode": "fixed",
                "margin": 40,
                "cap": 15,
                "for_company": True,
            }
        )
        self.policy.interest_id = rule
        for number, (mode, rate, warning) in enumerate(
            [("warn", 40, "Above the cap of 15 %"), ("limit", 15, "Lowered to the cap")]
        ):
            with self.subTest(mode=mode):
                rule.cap_mode = mode
                partner = self._create_debtor(f"Capped {number}")
                charge = self._issue_first(
                    self._create_item(1000, 30, partner)
                ).charge_ids
                self.assertEqual(charge.rate, rate)
                self.assertIn(warning, charge.warning)
        self.policy.interest_id = False
        notice = self._issue_first(self._create_item(1000, 30))
        self.assertFalse(notice.charge_ids.warning)

    def test_stale_rate_is_told_with_the_plan(self):
        rate = self.env["account.dunning.rate"].create(
            {
                "name": "Old rate",
                "code": "old",
                "period": "year",
                "value_ids": [Command.create({"date_from": "2001-01-01", "rate": 5})],
            }
        )
        self._create_item(1000, 30)
        self.assertFalse(self._run().warning)

        self.policy.interest_id = self.env["account.dunning.interest"].create(
            {"name": "Old", "code": "old", "mode": "daily", "rate_id": rate.id}
        )

        self.assertIn("Old rate", self._run().warning)


@tagged("post_install", "-at_install")
class TestPlannedAnew(PlannedCommon):
    """What was decided in the review holds until the notice is issued."""

    def setUp(self):
        super().setUp()
        self.company.dunning_waive_limit = 100

    def test_interest_left_out_stays_out_though_a_payment_cuts_its_days(self):
        self.first.charge_interest = True
        item = self._create_item(1000, 30)
        notice = self._propose(self.debtor)
        notice.charge_ids.with_user(self.collector)._waive("promised")
        notice.run_id.action_approve()
        self._pay(item, 100, day=DAY - timedelta(days=5))

        notice.run_id.action_issue()

        self.assertEqual(notice.amount_interest, 0)

    def test_days_left_out_leave_the_others_in(self):
        self.first.charge_interest = True
        item = self._create_item(1000, 30, day=date(2024, 7, 20))
        notice = self._propose(self.debtor, date(2024, 7, 20))
        june, july = notice.charge_ids.sorted("date_from")
        june.with_user(self.collector)._waive("promised")
        self._pay(item, 100, day=date(2024, 7, 15))

        self._issue(notice)

        self.assertEqual(june.state, "dropped")
        charged = notice.charge_ids - june
        self.assertEqual(min(charged.mapped("date_from")), date(2024, 7, 1))
        self.assertEqual(charged.mapped("base"), [1000, 900])
        self.assertFalse(july.exists())

    def test_percent_by_hand_is_of_what_is_asked_in_the_end(self):
        percent = self._create_charge("Percent", method="percent", rate=10)
        item = self._create_item(1000, 30)
        notice = self._propose(self.debtor)
        self._add(notice, percent)
        self.assertEqual(notice.amount_fee, 100)
        notice.run_id.action_approve()
        self._pay(item, 900)

        notice.run_id.action_issue()

        self.assertEqual(notice.amount_fee, 10)
        self.assertRecordValues(
            notice.charge_ids,
            [
                {
                    "is_manual": True,
                    "reason": "long calls",
                    "decided_by_id": self.collector.id,
                }
            ],
        )

    def test_fee_added_again_after_it_was_left_out_is_charged(self):
        self.first.charge_ids = self.fee
        item = self._create_item(1000, 30)
        notice = self._propose(self.debtor)
        notice.charge_ids.with_user(self.collector)._waive("promised")
        self._add(notice, self.fee, "not kept")
        notice.run_id.action_approve()
        self._pay(item, 100)

        notice.run_id.action_issue()

        self.assertEqual(notice.amount_fee, 5)

    def test_what_changed_since_the_approval_holds_at_issue(self):
        stories = [
            ("kind", lambda partner: partner.write({"dunning_kind": "consumer"})),
            (
                "terms",
                lambda partner: self.terms.copy(
                    {"partner_id": partner.id, "allows_fee": False}
                ),
            ),
            (
                "limit",
                lambda partner: self.env["account.dunning.charge.limit"].create(
                    {"name": "None", "for_company": True, "source": "art. X"}
                ),
            ),
        ]
        self.first.charge_ids = self.fee
        for name, change in stories:
            with self.subTest(name):
                partner = self._create_debtor(
                    f"Changed {name}", country_id=self.env.ref("base.fr").id
                )
                self._create_item(1000, 30, partner)
                notice = self._propose(partner)
                self.assertEqual(notice.amount_fee, 5)
                notice.run_id.action_approve()
                change(partner)
                notice.run_id.action_issue()
                self.assertEqual((notice.state, notice.amount_fee), ("issued", 0))
                self.assertTrue(notice.refused_charge_ids.refusal)

    def test_never_more_than_was_approved(self):
        self.first.charge_ids = self.fee
        self._create_item(1000, 30)
        notice = self._propose(self.debtor)
        notice.run_id.action_approve()
        self.fee.amount = 50
        self.first.write(
            {
                "charge_interest": True,
                "charge_ids": [Command.link(self.lump_sum.id)],
            }
        )

        notice.run_id.action_issue()

        self.assertEqual(notice.amount_total, 1005)

    def test_lump_sum_planned_is_not_added_by_hand_too(self):
        self.policy.level_ids.charge_ids = self.lump_sum
        self._create_item(1000, 30)
        notice = self._propose(self.debtor)

        with self.assertRaisesRegex(UserError, "once an invoice"):
            self._add(notice, self.lump_sum)

        self._issue(notice)
        self.assertEqual(notice.amount_fee, 40)

    def test_lump_sum_charged_meanwhile_is_dropped_at_issue(self):
        self.policy.level_ids.charge_ids = self.lump_sum
        one, other = self._create_invoice_in_two(1000)
        notices = []
        for left in (one, other):
            notice = self._propose(self.debtor)
            notice.line_ids.filtered(
                lambda line, left=left: line.move_line_id != left
            )._adjust("drop", "later")
            self.assertEqual(notice.amount_fee, 40)
            notices.append(notice)

        for notice in notices:
            self._issue(notice)

        self.assertEqual([notice.amount_fee for notice in notices], [40, 0])
