from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL
from odoo.tools.translate import code_translations

from .common import DAY, DunningCommon


class ChargesCommon(DunningCommon):
    """A company in Germany that charges interest and a fee from the second level on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.de")
        cls.company.account_fiscal_country_id = cls.env.ref("base.de")
        cls.company.dunning_charge_journal_id = cls.company_data["default_journal_sale"]
        cls.debtor.country_id = cls.env.ref("base.de")
        cls.terms = cls.env["account.dunning.terms"].create(
            {"company_id": cls.company.id, "clause": "General terms, § 7"}
        )
        cls.fee = cls._create_charge("Reminder fee", amount=5)

    @classmethod
    def _create_charge(cls, name, **values):
        return cls.env["account.dunning.charge"].create(
            {
                "name": name,
                "code": name,
                "currency_id": cls.company.currency_id.id,
                **values,
            }
        )

    @classmethod
    def _create_consumer(cls, name="Private Person", country="base.de"):
        return cls._create_debtor(
            name, is_company=False, country_id=cls.env.ref(country).id
        )

    def _issue_first(self, item, day=DAY):
        with freeze_time(day):
            run = self._run(day, issue=True, partner_ids=item.partner_id.ids)
        notice = run.notice_ids.filtered(
            lambda notice: item in notice.line_ids.move_line_id
        )
        self.assertEqual(notice.state, "issued", notice.error)
        return notice

    def _get_balances(self):
        """Return the trial balance of the company: {account: balance}."""
        self.env.flush_all()
        return {
            account.id: round(balance, 2)
            for account, balance in self.env["account.move.line"]._read_group(
                [
                    ("company_id", "=", self.company.id),
                    ("parent_state", "=", "posted"),
                ],
                ["account_id"],
                ["balance:sum"],
            )
            if round(balance, 2)
        }


@tagged("post_install", "-at_install")
class TestChargesBilled(ChargesCommon):
    """What a notice charges is billed with it, once, and explained to the day."""

    def test_no_charges_unless_set_up(self):
        item = self._create_item(1000, 30)

        notice = self._issue_first(item)

        self.assertEqual(notice.amount_total, 1000)
        self.assertFalse(notice.charge_move_id)
        self.assertFalse(notice.charge_ids)

    def test_interest_and_fee_are_billed_with_the_notice(self):
        # base rate 3.62 % in the first half of 2024, plus 9 points between businesses
        self.first.write({"charge_interest": True, "charge_ids": self.fee})
        item = self._create_item(1000, 30)  # due on 15 May, 30 days late

        notice = self._issue_first(item)

        interest = 10.34  # 1000 × 12.62 % × 30/366 = 10.3443
        self.assertRecordValues(
            notice,
            [
                {
                    "amount_principal": 1000.0,
                    "amount_interest": interest,
                    "amount_fee": 5.0,
                    "amount_total": 1000 + interest + 5,
                }
            ],
        )
        bill = notice.charge_move_id
        self.assertRecordValues(
            bill,
            [
                {
                    "state": "posted",
                    "move_type": "out_invoice",
                    "partner_id": self.debtor.id,
                    "amount_total": interest + 5,
                    "amount_tax": 0.0,
                    "invoice_date": DAY,
                    "invoice_date_due": notice.date_deadline,
                    "ref": notice.name,
                    "dunning_notice_id": notice.id,
                }
            ],
        )
        self.assertEqual(sum(notice.charge_ids.mapped("amount")), bill.amount_total)
        self.assertEqual(set(notice.charge_ids.mapped("state")), {"posted"})
        line = notice.charge_ids.filtered(lambda c: c.kind == "interest")
        self.assertEqual((line.days, line.rate, line.base), (30, 12.62, 1000))
        self.assertEqual(line.date_from, date(2024, 5, 16))
        self.assertEqual(line.date_to, DAY)
        self.assertIn("§ 288 II BGB", line.source)
        for part in ("12.62", "30 days", "10.34"):
            self.assertIn(part, line.explanation)
        self.assertEqual(item.dunning_interest_date, DAY)

    def test_what_one_notice_charged_the_next_does_not(self):
        self.policy.level_ids.charge_interest = True
        item = self._create_item(1000, 30)
        self._issue_first(item)
        later = DAY + timedelta(days=20)

        second = self._issue_first(item, later)

        charges = second.charge_ids
        self.assertEqual(min(charges.mapped("date_from")), DAY + timedelta(days=1))
        self.assertEqual(max(charges.mapped("date_to")), later)
        # the rate falls by a quarter point on 1 July: 16 and 4 days
        self.assertEqual(charges.sorted("date_from").mapped("days"), [16, 4])
        # 1000 × 12.62 % × 16/366 = 5.5169; 1000 × 12.37 % × 4/366 = 1.3519
        self.assertAlmostEqual(second.amount_interest, 6.87)

    def test_part_payment_lowers_the_base_from_its_date_on(self):
        self.first.charge_interest = True
        item = self._create_item(1000, 30)
        self._pay(item, 400, day=DAY - timedelta(days=10))

        notice = self._issue_first(item)

        rows = [(c.days, c.base) for c in notice.charge_ids.sorted("date_from")]
        # 16 May to 3 June on 1000, 4 to 14 June on 600
        self.assertEqual(rows, [(19, 1000), (11, 600)])

    def test_what_a_credit_covers_bears_no_interest(self):
        self.first.charge_interest = True
        item = self._create_item(1000, 30)
        self._create_credit(400)  # of 4 June

        notice = self._issue_first(item)

        # nothing from its day on, as if it were matched
        rows = [(c.days, c.base) for c in notice.charge_ids.sorted("date_from")]
        self.assertEqual(rows, [(19, 1000), (11, 600)])

    def test_each_instalment_bears_interest_from_its_own_due_date(self):
        self.first.charge_interest = True
        items = self._create_item(100, 30) | self._create_item(100, 20)

        notice = self._issue_first(items[0])

        self.assertEqual(sorted(notice.charge_ids.mapped("days")), [20, 30])

    def test_lump_sum_comes_once_an_invoice(self):
        lump_sum = self.env.ref("account_dunning_advanced.charge_de_lump_sum")
        lump_sum_here = lump_sum.copy(
            {"currency_id": self.company.currency_id.id, "code": "ls"}
        )
        self.policy.level_ids.charge_ids = lump_sum_here
        item = self._create_item(1000, 30)

        first = self._issue_first(item)
        second = self._issue_first(item, DAY + timedelta(days=20))

        self.assertEqual(first.amount_fee, 40)
        self.assertEqual(second.amount_fee, 0)
        self.assertEqual(second.amount_charged, 40)
        self.assertEqual(second.amount_total, 1040)

    def test_bill_is_claimed_but_starts_no_level_and_bears_no_interest(self):
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        item = self._create_item(1000, 30)
        first = self._issue_first(item)
        bill_item = self._get_items(first.charge_move_id)
        later = DAY + timedelta(days=20)

        second = self._issue_first(item, later)

        line = second.line_ids.filtered(lambda line: line.move_line_id == bill_item)
        self.assertTrue(line.is_charge)
        self.assertFalse(bill_item.dunning_level_id)
        self.assertNotIn(bill_item, second.charge_ids.move_line_id)
        self.assertEqual(second.amount_charged, first.charge_move_id.amount_total)
        # alone, once the invoice is paid, it makes no notice
        self._pay(item, 1000, day=later)
        third_day = later + timedelta(days=30)
        self.assertReason(bill_item, "charge", third_day)
        self.assertFalse(self._run(third_day).notice_ids)

    def test_bill_that_is_not_due_is_not_claimed(self):
        self.policy.level_ids.charge_ids = self.fee
        item = self._create_item(1000, 30)
        first = self._issue_first(item)
        bill_item = self._get_items(first.charge_move_id)

        day = first.date_deadline - timedelta(days=1)

        self.assertReason(bill_item, "not_due", day)

    def test_fee_for_each_item(self):
        self.fee.basis = "item"
        self.first.charge_ids = self.fee
        item = self._create_item(100, 30)
        self._create_item(100, 20)

        notice = self._issue_first(item)

        self.assertEqual(notice.amount_fee, 10)
        self.assertEqual(notice.line_ids.mapped("amount_fee"), [5, 5])

    def test_fee_in_percent_with_limits(self):
        cases = [(100, 3), (1000, 10), (10000, 50)]
        self.fee.write(
            {"method": "percent", "rate": 1, "min_amount": 3, "max_amount": 50}
        )
        self.first.charge_ids = self.fee
        for amount, expected in cases:
            with self.subTest(amount=amount):
                partner = self._create_debtor(f"D{amount}")
                notice = self._issue_first(self._create_item(amount, 30, partner))
                self.assertEqual(notice.amount_fee, expected)

    def test_line_of_a_fee_is_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.debtor.lang = "fr_FR"
        self.first.charge_ids = self.fee
        self.fee.with_context(lang="fr_FR").name = "Frais de rappel"
        french = {"%(charge)s (%(invoice)s)": "%(charge)s, facture %(invoice)s"}
        self.patch(
            code_translations,
            "get_python_translations",
            lambda _module, lang: french if lang == "fr_FR" else {},
        )
        item = self._create_item(1000, 30)

        notice = self._issue_first(item)

        self.assertEqual(
            notice.charge_move_id.invoice_line_ids.name,
            f"Frais de rappel, facture {item.move_id.name}",
        )

    def test_foreign_currency_is_billed_in_it(self):
        # one foreign unit is worth half of the company's
        foreign = self.setup_other_currency("EUR", rates=[("2020-01-01", 2.0)])
        self.first.write({"charge_interest": True, "charge_ids": self.fee})
        item = self._create_item(1000, 30, currency=foreign)

        notice = self._issue_first(item)

        bill = notice.charge_move_id
        self.assertEqual(bill.currency_id, foreign)
        self.assertRecordValues(
            notice, [{"amount_interest": 10.34, "amount_fee": 10.0}]
        )
        self.assertEqual(bill.amount_total, 20.34)
        self.assertEqual(bill.amount_total_signed, 10.17)

    def test_product_decides_on_tax(self):
        tax = self.company_data["default_tax_sale"]
        self.company.account_fiscal_country_id = tax.country_id
        self.debtor.country_id = tax.country_id
        product = self.env.ref("account_dunning_advanced.product_fee").copy(
            {"taxes_id": [Command.set(tax.ids)]}
        )
        self.company.dunning_fee_product_id = product
        self.first.charge_ids = self.fee
        item = self._create_item(1000, 30)

        bill = self._issue_first(item).charge_move_id

        self.assertEqual(bill.invoice_line_ids.tax_ids, tax)

    def test_collector_issues_without_rights_to_invoices(self):
        self.first.charge_ids = self.fee
        self._create_item(1000, 30)
        self.collector.group_ids -= self.env.ref("account.group_account_invoice")

        run = self._run(user=self.collector)
        run.action_approve()
        run.action_issue()

        self.assertEqual(run.notice_ids.charge_move_id.amount_total, 5)

    def test_bill_is_dunned_by_no_level_set_by_hand(self):
        self.first.charge_ids = self.fee
        bill = self._issue_first(self._create_item(1000, 30)).charge_move_id

        with self.assertRaises(UserError):
            bill.sudo(False).with_user(self.manager).unlink()


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
class TestChargesSettings(ChargesCommon):
    """What is missing is said when charges are set up, with a link to the setting."""

    def test_journal_is_asked_for(self):
        self.company.dunning_charge_journal_id = False

        with self.assertRaises(RedirectWarning) as caught:
            self.first.charge_ids = self.fee

        message, action_id, _label = caught.exception.args[:3]
        self.assertIn("journal", message)
        self.assertEqual(action_id, self.env.ref("account.action_account_config").id)

    def test_account_is_asked_for(self):
        journal = self.company_data["default_journal_sale"]
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        self.company.dunning_fee_product_id = product
        journal.default_account_id = False
        product.categ_id.property_account_income_categ_id = False
        self.company.income_account_id = False

        with self.assertRaisesRegex(RedirectWarning, "income account"):
            self.first.charge_ids = self.fee

    def test_charges_that_are_only_shown_need_nothing(self):
        self.company.dunning_charge_journal_id = False
        self.policy.charge_posting = "show"

        self.first.charge_ids = self.fee

        notice = self._issue_first(self._create_item(1000, 30))
        self.assertEqual(notice.amount_total, 1005)
        self.assertFalse(notice.charge_move_id)
        with self.assertRaises(RedirectWarning):
            self.policy.charge_posting = "post"

    def test_what_is_in_use_is_not_taken_away(self):
        journal = self.company_data["default_journal_sale"].copy()
        product = self.env.ref("account_dunning_advanced.product_fee").copy()
        self.company.write(
            {
                "dunning_charge_journal_id": journal.id,
                "dunning_fee_product_id": product.id,
            }
        )

        def remove():
            self.company.dunning_charge_journal_id = False

        def archive():
            journal.action_archive()

        def archive_product():
            product.action_archive()

        def archive_template():
            product.product_tmpl_id.action_archive()

        acts = (remove, archive, archive_product, archive_template)
        self.first.charge_ids = self.fee
        for act in acts:
            with self.subTest(act.__name__), self.cr.savepoint() as savepoint:
                with self.assertRaises(RedirectWarning):
                    act()
                    self.env.flush_all()
                savepoint.rollback()
                self.env.invalidate_all(flush=False)
        # twin: nobody charges, nothing is needed
        self.first.charge_ids = False
        for act in acts:
            act()
        self.assertFalse(journal.active or product.active)

    def test_interest_on_plans_is_billed_too(self):
        self.company.dunning_charge_journal_id = False
        with self.assertRaisesRegex(RedirectWarning, "journal"):
            self.policy.promise_interest_rate = 5
        self.policy.promise_interest_rate = 0


@tagged("post_install", "-at_install")
class TestChargesNotPosted(ChargesCommon):
    """What cannot be booked leaves the notice unissued, with the reason."""

    def _issue(self):
        self.first.charge_ids = self.fee
        self.item = self._create_item(1000, 30)
        self.free = self._create_item(
            500,
            30,
            self._create_debtor("Free"),
            dunning_policy_id=self._create_policy("No charges").id,
        )
        run = self._run()
        run.action_approve()
        return run

    def assertUnissued(self, run, words):
        before = self._get_balances()
        run.action_issue()
        notice = run.notice_ids.filtered("error")
        self.assertRecordValues(
            notice,
            [{"partner_id": self.debtor.id, "state": "draft", "charge_move_id": False}],
        )
        self.assertIn(words, notice.error)
        self.assertFalse(self.item.dunning_level_id)
        self.assertFalse(self.item.dunning_interest_date)
        self.assertEqual(self._get_balances(), before)
        self.assertFalse(
            self.env["account.move"].search([("dunning_notice_id", "=", notice.id)])
        )
        # the others got theirs
        self.assertTrue(self.free.dunning_level_id)
        self.assertEqual(run.state, "issued")

    def test_locked_period(self):
        run = self._issue()
        self.company.sale_lock_date = DAY

        self.assertUnissued(run, "is locked")

        self.company.sale_lock_date = False
        run.action_retry()
        self.assertEqual(self.item.dunning_level_id, self.first)
        self.assertEqual(self.item.move_id.dunning_level_id, self.first)

    def test_archived_journal(self):
        self.company.dunning_charge_journal_id = self.company_data[
            "default_journal_sale"
        ].copy()
        run = self._issue()
        self._set_behind(self.company.dunning_charge_journal_id, "active", False)

        self.assertUnissued(run, "archived")

    def test_journal_taken_away(self):
        run = self._issue()
        self._set_behind(self.company, "dunning_charge_journal_id", None)

        self.assertUnissued(run, "Choose the journal")

    def _set_behind(self, record, name, value):
        """Set what the settings refuse to set, as an import or a script might."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s = %s WHERE id = %s",
                SQL.identifier(record._table),
                SQL.identifier(name),
                value,
                record.id,
            )
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestChargesUndone(ChargesCommon):
    """What was charged can be waived, charged again and reversed, in the ledger too."""

    def setUp(self):
        super().setUp()
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        self.item = self._create_item(1000, 30)
        self.before = self._get_balances()
        self.notice = self._issue_first(self.item)
        self.fee_charge = self.notice.charge_ids.filtered(lambda c: c.kind == "fee")

    def _waive(self, charges, user, reason="goodwill"):
        action = charges.with_user(user).action_waive()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        wizard.action_apply()

    def test_waiving_credits_what_was_billed(self):
        self._waive(self.fee_charge, self.manager)

        self.assertRecordValues(
            self.fee_charge,
            [
                {
                    "state": "waived",
                    "reason": "goodwill",
                    "decided_by_id": self.manager.id,
                }
            ],
        )
        credit = self.fee_charge.credit_move_id
        self.assertRecordValues(
            credit, [{"state": "posted", "amount_total": 5.0, "payment_state": "paid"}]
        )
        self.assertEqual(credit.reversed_entry_id, self.notice.charge_move_id)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 10.34)
        self.assertEqual(self.notice.amount_fee, 0)
        self.assertEqual(self.notice.amount_total, 1010.34)

    def test_collector_waives_up_to_the_limit(self):
        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(self.fee_charge, self.collector)
        self.company.dunning_waive_limit = 5

        self._waive(self.fee_charge, self.collector)

        self.assertEqual(self.fee_charge.state, "waived")
        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(self.notice.charge_ids - self.fee_charge, self.collector)

    def test_stranger_waives_nothing(self):
        self.company.dunning_waive_limit = 1000
        reader = self._create_user("reader", "group_dunning_user")
        reader.group_ids = [
            Command.set([self.env.ref("account.group_account_readonly").id])
        ]

        with self.assertRaises(AccessError):
            self.fee_charge.with_user(reader)._waive("x")
        with self.assertRaises(AccessError):
            self.fee_charge.with_user(self.collector).write({"amount": 0})
        with self.assertRaises(AccessError):
            self.fee_charge.with_user(self.collector).unlink()

    def test_reason_is_required(self):
        with self.assertRaises(UserError):
            self._waive(self.fee_charge, self.manager, reason=" ")

    def test_waiving_twice_is_refused(self):
        self._waive(self.fee_charge, self.manager)

        with self.assertRaisesRegex(UserError, "not owed"):
            self._waive(self.fee_charge, self.manager)

    def test_reinstating_charges_again(self):
        ledger = self._get_balances()
        self._waive(self.fee_charge, self.manager)

        self.fee_charge.with_user(self.manager).action_reinstate()

        self.assertEqual(self.fee_charge.state, "posted")
        self.assertEqual(self._get_balances(), ledger)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 15.34)
        self.assertEqual(self.notice.amount_fee, 5)
        # and it can be waived once more
        self._waive(self.fee_charge, self.manager)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 10.34)

    def test_reversing_the_notice_restores_the_books(self):
        self.notice.action_reverse()

        self.assertEqual(self._get_balances(), self.before)
        self.assertEqual(self.notice.charge_move_id.payment_state, "reversed")
        self.assertEqual(set(self.notice.charge_ids.mapped("state")), {"reversed"})
        self.assertFalse(self.item.dunning_interest_date)
        # the next notice charges it anew
        again = self._issue_first(self.item, DAY + timedelta(days=1))
        self.assertEqual(
            min(
                again.charge_ids.filtered(lambda c: c.kind == "interest").mapped(
                    "date_from"
                )
            ),
            date(2024, 5, 16),
        )

    def test_reversing_after_waiving_credits_the_rest_only(self):
        self._waive(self.fee_charge, self.manager)

        self.notice.action_reverse()

        self.assertEqual(self._get_balances(), self.before)
        credits = self.notice.charge_credit_ids - self.notice.charge_move_id
        self.assertEqual(sorted(credits.mapped("amount_total")), [5, 10.34])

    def test_reversing_the_second_keeps_what_the_first_charged(self):
        second = self._issue_first(self.item, DAY + timedelta(days=20))

        second.action_reverse()

        self.assertEqual(self.item.dunning_interest_date, DAY)
        self.assertEqual(self.notice.charge_move_id.amount_residual, 15.34)

    def test_reversing_when_the_bill_was_paid_leaves_a_credit(self):
        bill = self._get_items(self.notice.charge_move_id)
        self._pay(bill, 15.34)

        self.notice.action_reverse()

        credit = self.notice.charge_credit_ids - self.notice.charge_move_id
        self.assertEqual(credit.amount_residual, 15.34)

    def test_bill_is_not_edited_behind_the_notice(self):
        bill = self.notice.charge_move_id

        for act in (bill.button_draft, bill.button_cancel):
            with self.assertRaisesRegex(UserError, "waive them"):
                act()

    def test_bill_credited_by_an_accountant_counts_as_waived(self):
        bill = self.notice.charge_move_id
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=bill.ids)
            .create({"journal_id": bill.journal_id.id, "date": DAY})
        )

        wizard.refund_moves()
        credit = bill.reversal_move_ids
        credit.action_post()

        self.assertEqual(set(self.notice.charge_ids.mapped("state")), {"waived"})
        self.assertEqual(self.notice.charge_ids.credit_move_id, credit)
        self.assertEqual(self.notice.amount_total, 1000)
        # reversing the notice does not credit it once more
        self.notice.action_reverse()
        self.assertEqual(self._get_balances(), self.before)

    def test_paid_before_it_went_out_costs_nothing(self):
        self._pay(self.item, 1000)

        self.notice.action_send()

        self.assertEqual(self.notice.delivery_state, "skipped")
        self.assertEqual(self.notice.charge_move_id.payment_state, "reversed")

    def test_collectors_limit_holds_before_the_issue_too(self):
        other = self._create_item(700, 30, self._create_debtor("Other"))
        fee = self._run(partner_ids=other.partner_id.ids).notice_ids.charge_ids
        fee = fee.filtered(lambda c: c.kind == "fee")

        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(fee, self.collector)
        self.assertEqual(fee.state, "draft")

        self.company.dunning_waive_limit = 5
        self._waive(fee, self.collector)
        self.assertEqual(fee.state, "dropped")
        # and what was left out counts with what is waived later
        rest = fee.notice_id.charge_ids.filtered(lambda c: c.state == "draft")
        with self.assertRaisesRegex(UserError, "waive up to"):
            self._waive(rest, self.collector)

    def test_planned_charge_is_left_out_and_stays_out(self):
        self.company.dunning_waive_limit = 5
        other = self._create_item(700, 30, self._create_debtor("Other"))
        run = self._run(partner_ids=other.partner_id.ids)
        fee = run.notice_ids.charge_ids.filtered(lambda c: c.kind == "fee")
        before = run.plan_hash

        self._waive(fee, self.collector, "promised on the phone")

        self.assertEqual(fee.state, "dropped")
        self.assertEqual(run.notice_ids.amount_fee, 0)
        self.assertNotEqual(run.plan_hash, before)
        self.assertEqual(run.change_ids.note, "promised on the phone")
        run.action_approve()
        self._pay(other, 100)  # planned anew at issue, for less is owed
        run.action_issue()
        self.assertEqual(run.notice_ids.amount_fee, 0)
        self.assertEqual(
            run.notice_ids.charge_move_id.invoice_line_ids.mapped("name"),
            [
                line
                for line in run.notice_ids.charge_move_id.invoice_line_ids.mapped(
                    "name"
                )
                if "Interest" in line
            ],
        )


@tagged("post_install", "-at_install")
class TestChargesLater(ChargesCommon):
    """Charges that are billed when the items are paid, or only shown."""

    def setUp(self):
        super().setUp()
        self.policy.charge_posting = "when_paid"
        self.policy.level_ids.write(
            {"charge_interest": True, "charge_ids": self.fee.ids}
        )
        self.item = self._create_item(1000, 30)
        self.first_notice = self._issue_first(self.item)

    def test_nothing_is_booked_with_the_notice(self):
        self.assertFalse(self.first_notice.charge_move_id)
        self.assertEqual(self.first_notice.amount_total, 1015.34)
        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"waiting"})

    def test_next_notice_asks_for_all_of_it(self):
        second = self._issue_first(self.item, DAY + timedelta(days=20))

        # 10.34 and 6.87 of interest, two fees
        self.assertAlmostEqual(second.amount_interest, 17.21)
        self.assertEqual(second.amount_fee, 10)
        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"carried"})
        # the first one keeps what it told
        self.assertEqual(self.first_notice.amount_total, 1015.34)

    def test_reversing_the_next_notice_brings_the_first_ones_back(self):
        second = self._issue_first(self.item, DAY + timedelta(days=20))

        second.action_reverse()

        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"waiting"})
        self.assertEqual(self.item.dunning_interest_date, DAY)

    def test_paid_items_let_the_charges_be_billed(self):
        self._pay(self.item, 1000, day=DAY + timedelta(days=3))

        self.env["account.dunning.notice"]._bill_waiting(self.company)

        bill = self.first_notice.charge_move_id
        # and 0.69 for the two days until the payment
        self.assertEqual(bill.amount_total, 16.03)
        self.assertEqual(set(self.first_notice.charge_ids.mapped("state")), {"posted"})
        # once
        self.env["account.dunning.notice"]._bill_waiting(self.company)
        self.assertEqual(len(self.first_notice.charge_credit_ids), 1)

    def test_open_items_keep_them_waiting(self):
        self._pay(self.item, 999)

        self.env["account.dunning.notice"]._bill_waiting(self.company)

        self.assertFalse(self.first_notice.charge_move_id)

    def test_waiting_charges_are_waived_without_a_credit_note(self):
        self.first_notice.charge_ids.with_user(self.manager)._waive("goodwill")

        self.assertEqual(self.first_notice.amount_total, 1000)
        self.assertFalse(self.first_notice.charge_ids.credit_move_id)

    def test_bill_of_today_for_a_notice_of_the_past(self):
        self._pay(self.item, 1000)
        with freeze_time("2024-08-01"):
            self.env["account.dunning.notice"]._bill_waiting(self.company)

        bill = self.first_notice.charge_move_id
        self.assertEqual(bill.invoice_date, date(2024, 8, 1))
