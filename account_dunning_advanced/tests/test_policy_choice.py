from psycopg2.errors import ReadOnlySqlTransaction

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestPolicyChoice(DunningCommon):
    """Invoice, customer, rules, company: the nearest policy wins."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.of_rule = cls._create_policy("Rule")
        cls.of_customer = cls._create_policy("Customer")
        cls.of_invoice = cls._create_policy("Invoice")

    def _add_rule(self, **values):
        return self.env["account.dunning.policy.rule"].create(
            {"policy_id": self.of_rule.id, **values}
        )

    def assertPolicy(self, item, policy):
        self.assertEqual(self._judge(item).policy_id, policy)

    def test_nearest_wins(self):
        item = self._create_item(100, 30)

        self.assertPolicy(item, self.policy)
        self._add_rule()
        self.assertPolicy(item, self.of_rule)
        self.debtor.dunning_policy_id = self.of_customer
        self.assertPolicy(item, self.of_customer)
        item.move_id.dunning_policy_id = self.of_invoice
        self.assertPolicy(item, self.of_invoice)

    def test_archived_policy_lets_the_next_one_decide(self):
        item = self._create_item(100, 30)
        item.move_id.dunning_policy_id = self.of_invoice
        self.debtor.dunning_policy_id = self.of_customer
        self.of_invoice.active = False

        self.assertPolicy(item, self.of_customer)

    def test_contact_takes_the_companys_policy(self):
        self.debtor.dunning_policy_id = self.of_customer
        contact = self._create_debtor("C", parent_id=self.debtor.id, is_company=False)

        self.assertPolicy(self._create_item(100, 30, contact), self.of_customer)

    def test_rule_by_customer(self):
        self._add_rule(partner_domain="[('name', '=', 'Special')]")
        special = self._create_debtor("Special")

        self.assertPolicy(self._create_item(100, 30, special), self.of_rule)
        self.assertPolicy(self._create_item(100, 30), self.policy)

    def test_rule_by_original_amount(self):
        self._add_rule(amount_min=100, amount_max=200)
        item = self._create_item(150, 30)

        self.assertPolicy(item, self.of_rule)
        # a part payment does not move the item to another ladder
        self._pay(item, 100)
        self.assertPolicy(item, self.of_rule)
        self.assertPolicy(self._create_item(99, 30), self.policy)
        self.assertPolicy(self._create_item(200, 30), self.policy)

    def test_rules_are_tried_in_order(self):
        self._add_rule(sequence=20)
        self._add_rule(sequence=10, policy_id=self.of_customer.id)

        self.assertPolicy(self._create_item(100, 30), self.of_customer)

    def test_broken_rule_is_refused(self):
        for domain in (
            "[('no_such_field', '=', 1)]",
            "[(",
            "1 + 1",
            # fields that cannot be searched in the database, values of a wrong type
            "[('total_invoiced', '>', 5)]",
            "[('id', 'in', [1, 'x'])]",
        ):
            with self.subTest(domain=domain), self.assertRaises(ValidationError):
                self._add_rule(partner_domain=domain)

    def test_rule_that_broke_later_is_left_out_and_told(self):
        rule = self._add_rule()
        self.env.cr.execute(
            "UPDATE account_dunning_policy_rule SET partner_domain = %s WHERE id = %s",
            ["[('gone', '=', 1)]", rule.id],
        )
        rule.invalidate_recordset()
        item = self._create_item(100, 30)

        with self.assertLogs("odoo.addons.account_dunning_advanced", "WARNING"):
            run = self._run()

        self.assertEqual(
            run.verdict_ids.filtered(lambda v: v.move_line_id == item).policy_id,
            self.policy,
        )
        self.assertIn(self.of_rule.name, run.warning)

    def test_policy_of_another_company_is_refused(self):
        other = self.setup_other_company()["company"]
        foreign = self.env["account.dunning.policy"].create(
            {"name": "Foreign", "company_id": other.id}
        )
        item = self._create_item(100, 30)

        with self.assertRaises(UserError):
            item.move_id.dunning_policy_id = foreign

    def test_simulation_is_the_run_for_one_policy(self):
        self.debtor.dunning_policy_id = self.of_customer
        self._create_item(100, 30)
        self._create_item(100, 3)
        self._create_item(50, 30, self._create_debtor("Other"))
        run = self._run()

        simulated = self.of_customer.simulate(DAY)

        verdicts = run.verdict_ids.filtered(
            lambda verdict: verdict.policy_id == self.of_customer
        )
        self.assertEqual(
            sorted(
                (
                    row["move_line_id"],
                    row["reason"],
                    row["amount_dunned"],
                    row["level_id"],
                )
                for row in simulated
            ),
            sorted(
                (
                    verdict.move_line_id.id,
                    verdict.reason,
                    verdict.amount_dunned,
                    verdict.level_id.id,
                )
                for verdict in verdicts
            ),
        )
        self.assertEqual(len(simulated), 2)

    def test_simulation_may_read_from_a_replica(self):
        item = self._create_item(100, 60)

        with self._readOnly():
            [row] = self.policy.simulate(DAY)

        self.assertEqual((row["move_line_id"], row["reason"]), (item.id, "dun"))
        self.assertTrue(self.env.registry[self.policy._name].simulate._readonly)

    def test_a_replica_refuses_what_is_written(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(ReadOnlySqlTransaction),
            self._readOnly(),
        ):
            self.policy.sequence = 99
            self.env.flush_all()

    def test_simulation_writes_nothing(self):
        self._create_item(100, 30)
        counts = [
            self.env[model].search_count([])
            for model in ("account.dunning.verdict", "account.dunning.notice")
        ]

        self.policy.simulate("2024-06-14")

        self.assertEqual(
            counts,
            [
                self.env[model].search_count([])
                for model in ("account.dunning.verdict", "account.dunning.notice")
            ],
        )
