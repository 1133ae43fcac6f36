from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import RedirectWarning, UserError, ValidationError
from odoo.tests import tagged

from .common import DAY
from .test_charges import ChargesCommon

LATER = DAY + timedelta(days=20)


class PlannedCommon(ChargesCommon):
    """What notices plan to charge, and what holds for it until they are issued."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lump_sum = cls.env.ref("account_dunning_advanced.charge_de_lump_sum").copy(
            {"currency_id": cls.company.currency_id.id, "code": "ls"}
        )

    def _create_invoice_in_two(self, amount):
        """Post an invoice that was due in two halves, 40 and 35 days before ``DAY``."""
        term = self.env["account.payment.term"].create(
            {
                "name": "Two instalments",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": days}
                    )
                    for days in (0, 5)
                ],
            }
        )
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.debtor.id,
                "invoice_date": DAY - timedelta(days=40),
                "invoice_payment_term_id": term.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Goods",
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        invoice.action_post()
        return self._get_items(invoice)

    def _add(self, notices, charge, reason="long calls"):
        self.env["account.dunning.charge.add"].with_user(self.collector).create(
            {
                "notice_ids": [Command.set(notices.ids)],
                "charge_id": charge.id,
                "reason": reason,
            }
        ).action_apply()

    def _propose(self, partner, day=DAY):
        return self._run(day, partner_ids=partner.ids).notice_ids

    def _issue(self, notice):
        with freeze_time(notice.date):
            notice.run_id.action_approve()
            notice.run_id.action_issue()
        self.assertEqual(notice.state, "issued", notice.error)


@tagged("post_install", "-at_install")
class TestChargesByItem(PlannedCommon):
    """Each item is charged by its own level, and not before it is late."""

    def _issue_old_and_young(self):
        """Return a notice at the second level, with a young item at the first."""
        old = self._create_item(1000, 30)
        self._issue_first(old)
        young = self._create_item(700, 8, day=LATER)
        notice = self._issue_first(old, LATER)
        lines = {line.move_line_id: line for line in notice.line_ids}
        self.assertEqual(lines[young].level_id, self.first)
        return notice, lines[old], lines[young]

    def test_young_item_is_not_charged_for_the_old_one(self):
        self.fee.basis = "item"
        self.second.write({"charge_interest": True, "charge_ids": self.fee})

        notice, old, young = self._issue_old_and_young()

        self.assertEqual(notice.level_id, self.second)
        self.assertEqual((young.amount_interest, young.amount_fee), (0, 0))
        self.assertTrue(old.amount_interest)
        self.assertEqual(old.amount_fee, 5)

    def test_young_item_is_charged_though_the_old_one_is_not(self):
        self.fee.basis = "item"
        self.first.write({"charge_interest": True, "charge_ids": self.fee})

        _notice, old, young = self._issue_old_and_young()

        self.assertEqual((old.amount_interest, old.amount_fee), (0, 0))
        self.assertTrue(young.amount_interest)
        self.assertEqual(young.amount_fee, 5)

    def test_fee_of_the_notice_is_that_of_its_level(self):
        self.first.charge_ids = self._create_charge("First fee", amount=3)
        self.second.charge_ids = self.fee

        notice, _old, _young = self._issue_old_and_young()

        self.assertEqual(notice.amount_fee, 5)

    def test_nothing_is_charged_before_it_is_late(self):
        # (days overdue on the notice's day, is it charged)
        for days, charged in ((-3, False), (0, False), (1, True)):
            with self.subTest(days=days):
                policy = self._create_policy(f"Early {days}", delays=(-5, 7, 21))
                policy.level_ids.write(
                    {
                        "charge_interest": True,
                        "charge_ids": (self.lump_sum | self.fee).ids,
                    }
                )
                partner = self._create_debtor(
                    f"Early {days}", dunning_policy_id=policy.id
                )
                notice = self._issue_first(self._create_item(1000, days, partner))
                self.assertEqual(notice.amount_fee, 45 if charged else 0)
                self.assertEqual(bool(notice.amount_interest), charged)
                self.assertFalse(notice.refused_charge_ids)

    def test_fee_stands_with_the_oldest_overdue_item_and_counts_no_other(self):
        policy = self._create_policy("Early", delays=(-5, 7, 21))
        fee = self._create_charge("One percent", method="percent", rate=1)
        policy.level_ids.charge_ids = fee | self.lump_sum
        partner = self._create_debtor("Early", dunning_policy_id=policy.id)
        old = self._create_item(1000, 12, partner)
        self._create_item(500, -3, partner)

        notice = self._issue_first(old)

        self.assertEqual(notice.charge_ids.move_line_id, old)
        self.assertEqual(sorted(notice.charge_ids.mapped("amount")), [10, 40])

    def test_lump_sum_is_by_the_invoice_not_by_what_is_left(self):
        by_size = self.env.ref("account_dunning_advanced.charge_gb_lump_sum").copy(
            {
                "code": "gb",
                "country_id": False,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.policy.level_ids.charge_ids = by_size
        with self.subTest("paid in part"):
            partner = self._create_debtor("Part")
            item = self._create_item(1200, 30, partner)
            self._pay(item, 300, day=DAY - timedelta(days=2))
            self.assertEqual(self._issue_first(item).amount_fee, 70)
        with self.subTest("due in instalments"):
            notice = self._issue_first(self._create_invoice_in_two(1200)[0])
            self.assertEqual(notice.charge_ids.mapped("amount"), [70])

    def test_lump_sum_of_an_opening_entry_is_each_customers(self):
        self.first.charge_ids = self.lump_sum
        debtors = self._create_debtor("One") | self._create_debtor("Two")
        debtors.country_id = self.env.ref("base.de")
        due = DAY - timedelta(days=30)
        receivable = self.company_data["default_account_receivable"]
        entry = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": due - timedelta(days=20),
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    *(
                        Command.create(
                            {
                                "account_id": receivable.id,
                                "partner_id": partner.id,
                                "debit": 500,
                                "credit": 0,
                            }
                        )
                        for partner in debtors
                    ),
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "debit": 0,
                            "credit": 1000,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        entry.line_ids.filtered("partner_id").write(
            {"no_followup": False, "date_maturity": due}
        )

        with freeze_time(DAY):
            run = self._run(issue=True, partner_ids=debtors.ids)
        self.assertEqual(run.notice_ids.mapped("amount_fee"), [40, 40])
        self.assertEqual(run.notice_ids.partner_id, debtors)
        # once each
        self.second.charge_ids = self.lump_sum
        later = DAY + timedelta(days=20)
        with freeze_time(later):
            again = self._run(later, issue=True, partner_ids=debtors.ids)
        self.assertEqual(again.notice_ids.mapped("amount_fee"), [0, 0])

    def test_charge_that_is_not_for_the_currency_says_so(self):
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        self.lump_sum.other_currencies = "skip"
        self.first.charge_ids = self.lump_sum
        item = self._create_item(1000, 30, currency=foreign)

        notice = self._issue_first(item)

        self.assertFalse(notice.charge_ids)
        self.assertRecordValues(
            notice.refused_charge_ids,
            [{"kind": "lump_sum", "amount": 0.0, "charge_id": self.lump_sum.id}],
        )
        self.assertIn("EUR", notice.refused_charge_ids.refusal)


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
class TestTermsFound(PlannedCommon):
    """Terms are found for whom they were agreed with, however the item came about."""

    def setUp(self):
        super().setUp()
        self.first.charge_ids = self.fee

    def test_terms_hold_for_an_opening_entry(self):
        self.terms.copy({"partner_id": self.debtor.id, "allows_fee": False})
        other = self._create_debtor("Other")
        opening = self.env["account.move"].create(
            {
                "move_type": "entry",
                "date": DAY - timedelta(days=40),
                "journal_id": self.company_data["default_journal_misc"].id,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_receivable"
                            ].id,
                            "partner_id": partner.id,
                            "debit": 1000,
                            "date_maturity": DAY - timedelta(days=30),
                            "name": "opening",
                        }
                    )
                    for partner in (self.debtor, other)
                ]
                + [
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_revenue"
                            ].id,
                            "credit": 2000,
                            "name": "opening",
                        }
                    )
                ],
            }
        )
        opening.action_post()
        opening.line_ids.no_followup = False

        notices = self._run().notice_ids.grouped("partner_id")

        self.assertEqual(notices[self.debtor].amount_fee, 0)
        self.assertEqual(notices[other].amount_fee, 5)

    def test_terms_with_a_contact_hold_for_its_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Contact", "parent_id": self.debtor.id}
        )
        self.terms.copy({"partner_id": contact.id, "allows_fee": False})

        notice = self._issue_first(self._create_item(1000, 30))

        self.assertEqual(notice.amount_fee, 0)


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


@tagged("post_install", "-at_install")
class TestChargesOfABranch(PlannedCommon):
    """A branch charges by the terms of the company above it."""

    def test_branch_charges_interest_and_fee(self):
        branch = self.env["res.company"].create(
            {
                "name": "Branch",
                "parent_id": self.company.id,
                "country_id": self.env.ref("base.de").id,
            }
        )
        # Odoo loads the chart of the branch, and takes its fiscal country from there
        self.cr.precommit.run()
        branch.account_fiscal_country_id = self.company.account_fiscal_country_id
        self.env.user.company_ids |= branch
        self.env = self.env(
            context={
                **self.env.context,
                "allowed_company_ids": [branch.id, self.company.id],
            }
        )
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        branch.dunning_policy_id = self.policy
        item = self._create_item(1000, 30, company=branch)

        with freeze_time(DAY):
            run = (
                self.env["account.dunning.run"]
                .with_company(branch)
                .create({"company_id": branch.id, "date": DAY})
            )
            run.action_propose()
            run.action_approve()
            run.action_issue()

        notice = run.notice_ids
        self.assertEqual(notice.line_ids.move_line_id, item)
        self.assertEqual(notice.state, "issued", notice.error)
        self.assertAlmostEqual(notice.amount_interest, 10.34)
        self.assertEqual(notice.amount_fee, 5)


@tagged("post_install", "-at_install")
class TestChargesSetUp(PlannedCommon):
    """What cannot bill charges is refused where it is chosen."""

    def test_journal_must_be_of_sales(self):
        self.first.charge_ids = self.fee

        with self.assertRaisesRegex(ValidationError, "not a sales journal"):
            self.company.dunning_charge_journal_id = self.company_data[
                "default_journal_purchase"
            ]

    def test_archived_product_is_refused(self):
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        product.active = False

        with self.assertRaisesRegex(ValidationError, "is archived"):
            self.company.dunning_fee_product_id = product

    def test_product_that_is_archived_later_is_told(self):
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        self.company.dunning_fee_product_id = product
        product.active = False

        with self.assertRaisesRegex(RedirectWarning, "is archived"):
            self.first.charge_ids = self.fee

    def test_archived_account_of_a_charge_is_refused(self):
        self.first.charge_ids = self.fee
        account = self.company_data["default_account_revenue"].copy({"name": "Gone"})
        product = self.env.ref("account_dunning_advanced.product_fee").copy(
            {"property_account_income_id": account.id}
        )
        account.active = False

        with self.assertRaisesRegex(RedirectWarning, "is archived"):
            self.fee.product_id = product


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
