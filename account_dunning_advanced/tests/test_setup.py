from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestSetup(DunningCommon):
    """What is set up, and what is not, is read from the data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.email = False
        cls.company.partner_id.bank_ids.unlink()

    def _look(self, user=None):
        Setup = self.env["account.dunning.setup"].with_user(user or self.manager)
        action = Setup.action_open()
        return Setup.browse(action["res_id"])

    def _get_done(self):
        return set(self._look().step_ids.filtered("is_done").mapped("code"))

    def test_new_company_has_most_to_do(self):
        done = self._get_done()

        self.assertIn("policy", done)
        self.assertIn("charges", done, "a policy that bills nothing needs no journal")
        self.assertFalse(done & {"sender", "bank", "collector", "run"})

    def test_each_step_is_done_by_its_data(self):
        deeds = {
            "sender": self._give_address,
            "bank": self._give_bank_account,
            "collector": self._assign,
            "run": self._propose,
        }
        for code, deed in deeds.items():
            with self.subTest(code):
                self.assertNotIn(code, self._get_done())
                deed()
                self.assertIn(code, self._get_done())

    def test_what_is_taken_away_is_to_do_again(self):
        self._give_address()
        self.assertIn("sender", self._get_done())

        self.company.email = False

        self.assertNotIn("sender", self._get_done())

    def test_billing_needs_a_journal(self):
        journal = self.company_data["default_journal_sale"]
        self.company.dunning_charge_journal_id = journal
        self.first.charge_interest = True
        self.assertIn("charges", self._get_done())

        # the twin: without the journal, which the settings would refuse to take away
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE res_company SET dunning_charge_journal_id = NULL WHERE id = %s",
            [self.company.id],
        )
        self.company.invalidate_recordset()

        self.assertNotIn("charges", self._get_done())

    def test_each_step_leads_to_its_place(self):
        places = {
            "policy": "account.dunning.policy",
            "sender": "res.company",
            "bank": "res.partner",
            "contact": "account.dunning.contact.rule",
            "collector": "account.dunning.assignment.rule",
            "run": "account.dunning.run",
        }
        steps = {step.code: step for step in self._look().step_ids}
        for code, model in places.items():
            with self.subTest(code):
                self.assertEqual(steps[code].action_open()["res_model"], model)

    def test_settings_are_the_administrators(self):
        step = self._look().step_ids.filtered(lambda step: step.code == "charges")
        with self.assertRaisesRegex(UserError, "administrator"):
            step.action_open()

    def test_collectors_do_not_set_up(self):
        with self.assertRaises(AccessError):
            self._look(self.collector)

    def test_looking_again_sees_what_was_done_since(self):
        setup = self._look()
        before = setup.done_percent
        self._give_address()

        setup.action_refresh()

        self.assertGreater(setup.done_percent, before)

    # === DEEDS === #

    def _give_address(self):
        self.company.email = "office@example.com"

    def _give_bank_account(self):
        self.env["res.partner.bank"].create(
            {"acc_number": "123-456", "partner_id": self.company.partner_id.id}
        )

    def _assign(self):
        self._create_item(100, 30)
        debtors = self.env["account.dunning.debtor"]
        debtors._get_or_create(self.debtor, self.company).user_id = self.collector

    def _propose(self):
        self._run(DAY)


@tagged("post_install", "-at_install")
class TestPolicyOfCountry(DunningCommon):
    """A company begins with what is usual in its country, and keeps what it chose."""

    def _found_company(self, country=None, **values):
        if country:
            values["country_id"] = self.env.ref(f"base.{country}").id
        return self.env["res.company"].create({"name": f"In {country}", **values})

    def _get_policy(self, code):
        return self.env.ref(f"account_dunning_advanced.account_dunning_policy_{code}")

    def test_new_company_begins_with_its_countrys_ladder(self):
        table = {
            "kr": "kr",
            "jp": "jp",
            "de": "de",
            "fr": "fr",
            "uk": "gb",
            "us": "us",
            # of the European Union, without one of its own
            "pl": "eu",
            # neither
            "br": "default",
            None: "default",
        }
        for country, code in table.items():
            with self.subTest(country):
                company = self._found_company(country)
                self.assertEqual(company.dunning_policy_id, self._get_policy(code))
                self.assertTrue(company.dunning_policy_id.active)

    def test_ladder_that_nobody_uses_is_out_of_sight(self):
        policy = self._get_policy("jp")
        policy.active = False
        self.assertNotIn(policy, self.env["account.dunning.policy"].search([]))

        self._found_company("jp")

        self.assertIn(policy, self.env["account.dunning.policy"].search([]))

    def test_choice_of_the_company_is_kept(self):
        company = self._found_company("de", dunning_policy_id=self.policy.id)
        self.assertEqual(company.dunning_policy_id, self.policy)

        company.country_id = self.env.ref("base.fr")

        self.assertEqual(company.dunning_policy_id, self.policy)

    def test_country_that_comes_later_brings_its_ladder(self):
        company = self._found_company()

        company.country_id = self.env.ref("base.fr")
        self.assertEqual(company.dunning_policy_id, self._get_policy("fr"))

        # a company that moves goes on as it did
        company.country_id = self.env.ref("base.de")
        self.assertEqual(company.dunning_policy_id, self._get_policy("fr"))

    def test_company_that_has_dunned_goes_on_as_it_did(self):
        company = self._found_company()
        self.env["account.dunning.run"].create({"company_id": company.id})

        company.country_id = self.env.ref("base.fr")

        self.assertEqual(company.dunning_policy_id, self._get_policy("default"))

    def test_branch_does_as_the_company_above(self):
        branch = self._found_company("kr", parent_id=self.company.id)
        self.assertEqual(branch.dunning_policy_id, self.policy)

    def test_ladders_say_where_they_come_from_and_bill_nothing(self):
        for code in ("kr", "jp", "de", "fr", "gb", "us", "eu"):
            policy = self._get_policy(code)
            with self.subTest(code):
                self.assertTrue(policy.source)
                self.assertTrue(policy.verified_on)
                self.assertTrue(policy.confidence)
                self.assertEqual(policy.charge_posting, "show")
                self.assertFalse(policy._bills_charges())
                self.assertEqual(policy.level_ids[-1:].tone, "last")
                self.assertTrue(policy.level_ids[-1:].needs_approval)

    def test_no_interest_where_no_law_gives_it(self):
        self.assertFalse(
            any(self._get_policy("us").level_ids.mapped("charge_interest"))
        )
        self.assertTrue(self._get_policy("de").level_ids[-1:].charge_interest)
