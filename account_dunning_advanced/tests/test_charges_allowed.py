from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .charges_common import ChargesCommon, PlannedCommon
from .common import DAY


@tagged("post_install", "-at_install")
class TestChargesAllowed(ChargesCommon):
    """Charged is what was agreed or what a law gives, within what laws forbid."""

    def _charge(self, partner, charge, days=30):
        self.policy.level_ids.charge_ids = charge
        return self._run(
            partner_ids=self._create_item(1000, days, partner).partner_id.ids
        ).notice_ids

    def test_fee_needs_agreed_terms(self):
        self.terms.unlink()

        notice = self._charge(self.debtor, self.fee)

        self.assertEqual(notice.amount_fee, 0)
        self.assertIn("No terms", notice.refused_charge_ids.refusal)

    def test_nearest_terms_count(self):
        day = DAY - timedelta(days=40)
        stories = [
            # (terms of the customer, of the invoice, is the fee charged)
            (None, None, True),
            ({"allows_fee": False}, None, False),
            ({"allows_fee": False}, {"allows_fee": True}, True),
            # agreed only for later invoices: the general terms hold
            ({"allows_fee": False, "date_from": day + timedelta(days=1)}, None, True),
            ({"allows_fee": False, "date_to": day}, None, False),
            ({"allows_fee": False, "date_to": day - timedelta(days=1)}, None, True),
        ]
        self.first.charge_ids = self.fee
        for number, (customer, invoice, charged) in enumerate(stories):
            with self.subTest(story=number):
                partner = self._create_debtor(f"Customer {number}")
                item = self._create_item(1000, 30, partner)
                common = {"company_id": self.company.id, "clause": "x"}
                if customer:
                    self.terms.create({**common, "partner_id": partner.id, **customer})
                if invoice:
                    self.terms.create({**common, "move_id": item.move_id.id, **invoice})
                notice = self._run(partner_ids=partner.ids).notice_ids
                self.assertEqual(bool(notice.amount_fee), charged)

    def test_agreed_rate_comes_first(self):
        agreed = self.env["account.dunning.interest"].create(
            {
                "name": "As agreed, 8 %",
                "code": "agreed",
                "mode": "fixed",
                "margin": 8,
                "needs_agreement": True,
                "source": "contract",
            }
        )
        self.terms.copy(
            {
                "partner_id": self.debtor.id,
                "interest_id": agreed.id,
                "clause": "Frame contract, 4.2",
            }
        )
        self.first.charge_interest = True
        item = self._create_item(1000, 30)

        charge = self._issue_first(item).charge_ids

        self.assertEqual((charge.rate, charge.source), (8, "Frame contract, 4.2"))

    def test_rule_that_needs_an_agreement_is_refused_without(self):
        self.terms.unlink()
        self.policy.interest_id = self.env["account.dunning.interest"].create(
            {
                "name": "Contract rate",
                "code": "contract",
                "mode": "fixed",
                "margin": 12,
                "needs_agreement": True,
            }
        )
        self.first.charge_interest = True
        item = self._create_item(1000, 30)

        notice = self._issue_first(item)

        self.assertEqual(notice.amount_interest, 0)
        self.assertIn("Contract rate", notice.refused_charge_ids.refusal)

    def test_kind_of_debtor_decides_on_the_law(self):
        cases = [
            ({"is_company": True}, "§ 288 II BGB"),
            ({"is_company": False, "vat": "DE123456788"}, "§ 288 II BGB"),
            ({"is_company": True, "dunning_kind": "consumer"}, "§ 288 I BGB"),
        ]
        self.policy.level_ids.charge_interest = True
        for number, (values, source) in enumerate(cases):
            with self.subTest(values=values):
                partner = self._create_debtor(f"K{number}", **values)
                day = DAY + timedelta(days=40 * number)
                item = self._create_item(1000, 30, partner, day=day)
                self._issue_first(item, day)
                later = self._issue_first(item, day + timedelta(days=20))
                self.assertIn(source + ",", later.charge_ids[0].source + ",")

    def test_consumers_pay_interest_from_the_reminder_on(self):
        partner = self._create_consumer()
        self.policy.level_ids.charge_interest = True
        item = self._create_item(1000, 30, partner)

        first = self._issue_first(item)
        second = self._issue_first(item, DAY + timedelta(days=20))

        self.assertEqual(first.amount_interest, 0)
        self.assertEqual(
            min(second.charge_ids.mapped("date_from")), DAY + timedelta(days=1)
        )

    def test_what_laws_forbid_is_refused_with_the_article(self):
        stories = [
            # (country, charge, article)
            ("base.fr", "fee", "L111-8"),
            ("base.fr", "lump_sum", "2011/7/EU"),
            ("base.de", "lump_sum", "2011/7/EU"),
            ("base.be", "fee", "XIX.2"),
            ("base.nl", "fee", "6:96"),
        ]
        for country, kind, article in stories:
            with self.subTest(country=country, kind=kind):
                partner = self._create_consumer(f"{country} {kind}", country)
                charge = self._create_charge(
                    f"{country} {kind}",
                    kind=kind,
                    basis="item" if kind == "lump_sum" else "notice",
                    amount=40,
                )
                notice = self._charge(partner, charge)
                self.assertEqual(notice.amount_fee, 0)
                self.assertIn(article, notice.refused_charge_ids.refusal)
        # the twin: companies there pay all of it
        for country, kind, _article in stories:
            with self.subTest(country=country, kind=kind, company=True):
                partner = self._create_debtor(
                    f"Firm {country} {kind}", country_id=self.env.ref(country).id
                )
                charge = self.env["account.dunning.charge"].search(
                    [("code", "=", f"{country} {kind}")]
                )
                self.assertEqual(self._charge(partner, charge).amount_fee, 40)

    def test_first_reminder_to_a_german_consumer_is_free_the_second_is_capped(self):
        partner = self._create_consumer()
        self.policy.level_ids.charge_ids = self.fee
        item = self._create_item(1000, 30, partner)

        first = self._issue_first(item)
        second = self._run(DAY + timedelta(days=20), partner_ids=partner.ids).notice_ids

        self.assertEqual(first.amount_fee, 0)
        self.assertIn("VIII ZR 95/18", first.refused_charge_ids.refusal)
        # 2.50 in euro, asked in the company's currency
        limit = self.env.ref("account_dunning_advanced.charge_limit_de_fee_consumer")
        most = limit.currency_id._convert(
            2.5, self.company.currency_id, self.company, second.date
        )
        self.assertEqual(second.amount_fee, min(most, 5))
        self.assertIn("Lowered", second.charge_ids.explanation)

    def test_belgian_consumer_pays_after_the_days_and_by_the_scale(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        # (asked, most by the scale of Book XIX)
        cases = [(100, 20), (150, 20), (300, 45), (500, 65), (1000, 90), (50000, 2000)]
        fee = self._create_charge("High", amount=5000, currency_id=euro.id)
        limit = self.env["account.dunning.charge.limit"].search([])
        country = self.env.ref("base.be")
        for asked, most in cases:
            with self.subTest(asked=asked):
                by = limit._get_for(country, "consumer", "fee")._get_maximums()
                maximum = by._get_maximum(asked, euro, self.company, DAY)
                self.assertEqual(maximum, most)
                self.assertIn("XIX.4", by.source)
        days = limit._get_for(country, "consumer", "fee")
        for passed, free in ((18, True), (19, True), (20, False)):
            with self.subTest(passed=passed):
                refusal = days._get_refusal(DAY, DAY - timedelta(days=passed))
                self.assertEqual(bool(refusal), free)
        self.assertTrue(fee)

    def test_archived_limit_does_not_hold(self):
        partner = self._create_consumer("French", "base.fr")
        limits = self.env["account.dunning.charge.limit"].search(
            [("country_id.code", "=", "FR")]
        )
        limits.with_user(self.manager).active = False

        self.assertEqual(self._charge(partner, self.fee).amount_fee, 5)

    def test_charge_of_another_country_is_passed_over(self):
        charge = self.env.ref("account_dunning_advanced.charge_fr_lump_sum")

        notice = self._charge(self.debtor, charge)

        self.assertFalse(notice.charge_ids | notice.refused_charge_ids)

    def test_fee_added_by_hand_is_held_to_the_law(self):
        partner = self._create_consumer("French", "base.fr")
        self._create_item(1000, 30, partner)
        notice = self._run(partner_ids=partner.ids).notice_ids

        def add(notice):
            action = notice.with_user(self.collector).action_add_charge()
            wizard = Form(
                self.env[action["res_model"]]
                .with_user(self.collector)
                .with_context(**action["context"])
            )
            wizard.charge_id = self.fee
            wizard.reason = "long calls"
            wizard.save().action_apply()

        with self.assertRaisesRegex(UserError, "offence.*L111-8"):
            add(notice)
        self.assertFalse(notice.charge_ids)
        self._create_item(1000, 30)
        allowed = self._run(partner_ids=self.debtor.ids).notice_ids
        before = allowed.run_id.plan_hash
        add(allowed)
        self.assertEqual(allowed.amount_fee, 5)
        self.assertNotEqual(allowed.run_id.plan_hash, before)
        self.assertEqual(allowed.run_id.change_ids.note, "long calls")
        allowed.run_id.action_approve()
        allowed.run_id.action_issue()
        self.assertEqual(allowed.charge_move_id.amount_total, 5)

    def test_rate_that_is_missing_stops_no_notice(self):
        rate = self.env["account.dunning.rate"].create({"name": "New", "code": "new"})
        self.policy.interest_id = self.env["account.dunning.interest"].create(
            {"name": "New", "code": "new", "mode": "daily", "rate_id": rate.id}
        )
        self.first.charge_interest = True

        notice = self._issue_first(self._create_item(1000, 30))

        self.assertEqual(notice.amount_total, 1000)
        self.assertIn("none is known", notice.refused_charge_ids.refusal)


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
