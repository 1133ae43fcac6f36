from odoo.fields import Command
from odoo.tests import tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestPerformance(DunningCommon):
    """The number of queries does not grow with the number of debtors."""

    def _create_items(self, count, prefix):
        partners = self.env["res.partner"].create(
            [
                {"name": f"{prefix} {n}", "email": f"{prefix}{n}@example.com"}
                for n in range(count)
            ]
        )
        self._create_invoices(partners).action_post()
        return partners

    def _create_invoices(self, partners, lines=1):
        # as quietly as bills are made
        Move = self.env["account.move"].with_context(
            tracking_disable=True, mail_create_nosubscribe=True
        )
        return Move.create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": partner.id,
                    "invoice_date": "2024-04-01",
                    "invoice_date_due": "2024-05-01",
                    "invoice_payment_term_id": False,
                    "invoice_line_ids": [
                        Command.create({"name": "x", "price_unit": 10, "tax_ids": []})
                        for _line in range(lines)
                    ],
                }
                for partner in partners
            ]
        )

    def _count(self, work):
        # what waits for the commit of what was done before is not counted
        self.env.cr.flush()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _count_run(self, count):
        """Return (queries to propose, queries to issue) for so many new debtors."""
        partners = self._create_items(count, f"Q{count}x")
        run = self.env["account.dunning.run"].create(
            {
                "company_id": self.company.id,
                "date": "2024-06-14",
                "partner_ids": [(6, 0, partners.ids)],
            }
        )
        propose = self._count(run.action_propose)
        self.assertEqual(run.notice_count, count)
        run.action_approve()
        return propose, self._count(run.action_issue)

    def test_queries_are_constant_in_the_number_of_notices(self):
        self._count_run(2)  # warms caches and makes the number sequence

        few_propose, few_issue = self._count_run(5)
        many_propose, many_issue = self._count_run(60)

        # 55 debtors more; a cache that happens to be cold may cost a query or two
        self.assertAlmostEqual(many_propose, few_propose, delta=2)
        self.assertAlmostEqual(many_issue, few_issue, delta=2)
        # budgets: a change that needs more queries should be a decision
        self.assertLessEqual(many_propose, 60)
        self.assertLessEqual(many_issue, 106)

    def _set_up_charges(self):
        """Let every level charge interest and a fee."""
        self.company.country_id = self.env.ref("base.de")
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        self.company.dunning_charge_journal_id = self.company_data[
            "default_journal_sale"
        ]
        self.env["account.dunning.terms"].create(
            {"company_id": self.company.id, "clause": "General terms, § 7"}
        )
        fee = self.env["account.dunning.charge"].create(
            {
                "name": "Reminder fee",
                "code": "fee",
                "amount": 5,
                "currency_id": self.company.currency_id.id,
            }
        )
        self.policy.level_ids.write({"charge_interest": True, "charge_ids": fee})

    def _count_posting(self, count):
        """Return the queries of the ORM for so many invoices of two lines."""
        partners = self._create_items(count, f"P{count}x")
        return self._count(
            lambda: self._create_invoices(partners, lines=2)._post(soft=False)
        )

    def test_charges_cost_no_more_queries_than_posting_their_bills(self):
        self._set_up_charges()
        self._count_run(2)  # warms caches and makes the number sequence

        few_propose, few_issue = self._count_run(5)
        many_propose, many_issue = self._count_run(60)
        few_posting, many_posting = self._count_posting(5), self._count_posting(60)

        # charges are planned for all notices at once
        self.assertAlmostEqual(many_propose, few_propose, delta=2)
        self.assertLessEqual(many_propose, 98)
        # Odoo asks the database for each invoice; issuing adds nothing to that
        of_posting = (many_posting - few_posting) / 55
        of_issuing = (many_issue - few_issue) / 55
        self.assertLessEqual(of_issuing, of_posting + 0.1)
        self.assertLessEqual(many_issue - many_posting, 100)

    def test_reason_on_an_invoice_is_a_few_queries(self):
        partners = self._create_items(1, "Single")
        invoice = self.env["account.move"].search([("partner_id", "=", partners.id)])
        invoice.dunning_explanation  # noqa: B018 - warms the caches

        queries = self._count(lambda: invoice.dunning_explanation)

        self.assertLessEqual(queries, 30)
