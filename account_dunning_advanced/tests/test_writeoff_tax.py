from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DAY
from .writeoff_common import WriteoffCommon


@tagged("post_install", "-at_install")
class TestWriteoffTax(WriteoffCommon):
    """The tax of what is lost comes back to the cent, where that is allowed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tag = cls.env["account.account.tag"].create(
            {
                "name": "bad debt",
                "applicability": "taxes",
                "country_id": cls.company.account_fiscal_country_id.id,
            }
        )
        cls.tax_account = cls.company_data["default_account_tax_sale"]
        cls.tax = cls._create_tax(10)
        cls.reason = cls._create_reason(code="relief", tax_relief=True)
        cls.company.dunning_writeoff_tax_relief = True

    @classmethod
    def _create_tax(cls, percent, **values):
        return cls.env["account.tax"].create(
            {
                "name": f"{percent}%",
                "amount": percent,
                "company_id": cls.company.id,
                "invoice_repartition_line_ids": [
                    Command.create({"repartition_type": "base"}),
                    Command.create(
                        {"repartition_type": "tax", "account_id": cls.tax_account.id}
                    ),
                ],
                "refund_repartition_line_ids": [
                    Command.create({"repartition_type": "base"}),
                    Command.create(
                        {
                            "repartition_type": "tax",
                            "account_id": cls.tax_account.id,
                            "tag_ids": [Command.set(cls.tag.ids)],
                        }
                    ),
                ],
                **values,
            }
        )

    def _taxed(self, amount, tax=None, **values):
        """Post an invoice of ``amount`` without tax and return its item."""
        item = self._create_item(
            amount,
            200,
            invoice_line_ids=[
                Command.create(
                    {
                        "name": "Goods",
                        "price_unit": amount,
                        "tax_ids": [Command.set((tax or self.tax).ids)],
                    }
                )
            ],
            **values,
        )
        return item

    def test_tax_comes_back_with_the_tags_of_a_refund(self):
        item = self._taxed(100)

        request = self._write_off(item, reason=self.reason)

        tax_line = request.line_ids.entry_id.line_ids.filtered("tax_tag_ids")
        self.assertRecordValues(
            tax_line,
            [
                {
                    "account_id": self.tax_account.id,
                    "balance": 10,
                    "tax_line_id": self.tax.id,
                    "tax_tag_ids": self.tag.ids,
                }
            ],
        )
        self.assertRecordValues(
            request.line_ids,
            [{"amount_company": 110, "tax_relief": 10, "amount_loss": 100}],
        )
        self.assertEqual(self._trial_balance()[self.bad_debts.id][0], 100)
        self.assertNotIn(self.tax_account.id, self._trial_balance())

    # --- The taxable amount ---

    def _tag_report(self, tax):
        """Give a tax the same tags on invoices and refunds; return (base, tax) tag."""
        tags = self.env["account.account.tag"].create(
            [
                {
                    "name": f"{tax.name} {kind}",
                    "applicability": "taxes",
                    "country_id": tax.country_id.id,
                }
                for kind in ("base", "tax")
            ]
        )
        for line in tax.repartition_line_ids:
            line.tag_ids = tags[0] if line.repartition_type == "base" else tags[1]
        return tags

    def _report(self, tags):
        """Return what a tax report says of each tag."""
        return [
            round(
                sum(
                    self.env["account.move.line"]
                    .search(
                        [
                            ("tax_tag_ids", "in", tag.ids),
                            ("parent_state", "=", "posted"),
                        ]
                    )
                    .mapped("balance")
                ),
                2,
            )
            for tag in tags
        ]

    def test_taxable_amount_is_reduced_with_the_tax(self):
        tags = self._tag_report(self.tax)
        item = self._taxed(100)
        self.assertEqual(self._report(tags), [-100, -10])

        request = self._write_off(item, amount=55, reason=self.reason)

        self.assertEqual(self._report(tags), [-50, -5])
        [base] = request.line_ids.entry_id.line_ids.filtered("tax_ids")
        self.assertRecordValues(
            base,
            [
                {
                    "account_id": self.bad_debts.id,
                    "balance": 50,
                    "tax_ids": self.tax.ids,
                    "tax_tag_ids": tags[0].ids,
                    "is_refund": True,
                }
            ],
        )
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._report(tags), [-100, -10])

    def test_taxable_amount_stays_where_the_law_deducts_the_tax_alone(self):
        tags = self._tag_report(self.tax)
        self.reason.relief_base = False

        self._write_off(self._taxed(100), reason=self.reason)

        self.assertEqual(self._report(tags), [-100, 0])

    def test_no_relief_leaves_the_taxable_amount(self):
        tags = self._tag_report(self.tax)

        self._write_off(self._taxed(100), reason=self.uneconomic)

        self.assertEqual(self._report(tags), [-100, -10])

    def test_taxable_amounts_of_several_rates_in_another_currency(self):
        gold = self.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-06-01", 4.0)]
        )
        low, free = self._create_tax(5), self.env["account.tax"]
        tags = self._tag_report(self.tax), self._tag_report(low)
        item = self._create_item(
            0,
            200,
            currency=gold,
            invoice_line_ids=[
                Command.create(
                    {"name": "x", "price_unit": 200, "tax_ids": [Command.set(tax.ids)]}
                )
                for tax in (self.tax, low, free)
            ],
        )
        before = self._trial_balance()
        self.assertEqual(
            [self._report(pair) for pair in tags], [[-100, -10], [-100, -5]]
        )

        request = self._write_off(item, reason=self.reason)

        self.assertEqual([self._report(pair) for pair in tags], [[0, 0], [0, 0]])
        # 630 are worth 157.50 on the day, and 15 come back
        self.assertEqual(request.line_ids.amount_loss, 142.5)
        self.assertEqual(self._trial_balance()[self.bad_debts.id], (142.5, 600))
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._trial_balance(), before)

    def test_tax_on_a_tax(self):
        first = self._create_tax(20, include_base_amount=True, sequence=1)
        second = self._create_tax(5, sequence=2, is_base_affected=True)
        tags = self._tag_report(first), self._tag_report(second)

        self._write_off(self._taxed(100, tax=first | second), reason=self.reason)

        self.assertEqual([self._report(pair) for pair in tags], [[0, 0], [0, 0]])

    def test_taxable_amount_of_a_tax_that_is_due_on_payment(self):
        self.company.tax_exigibility = True
        waiting = self.tax_account.copy({"reconcile": True})
        tax = self._create_tax(
            20,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=waiting.id,
        )
        tags = self._tag_report(tax)
        item = self._taxed(100, tax=tax)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(self._report(tags), [0, 0])
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._report(tags), [0, 0])

    # --- Credit notes ---

    def _credit(self, item):
        """Draft a credit note of the item's invoice with Odoo's own reversal."""
        return item.move_id._reverse_moves([{"date": DAY, "invoice_date": DAY}])

    def test_tax_that_a_credit_note_gave_back_is_not_claimed(self):
        item = self._taxed(100)
        self._credit(item).action_post()
        item.remove_move_reconcile()
        request = self._request(item, reason=self.reason)

        with self.assertRaisesRegex(UserError, "was given back"):
            request.action_submit()

        # without relief it is nothing to the tax office
        request.reason_id = self.uneconomic
        request.action_submit()
        self.assertEqual(request.state, "approved")

    def test_rest_after_a_matched_credit_note_has_its_relief(self):
        item = self._taxed(100)
        credit = self._credit(item)
        credit.invoice_line_ids.price_unit = 40
        credit.action_post()
        item.remove_move_reconcile()
        request = self._request(item, reason=self.reason)
        with self.assertRaisesRegex(UserError, "was given back"):
            request.action_submit()
        request.action_cancel()

        (item | self._get_items(credit)).reconcile()

        self.assertEqual(item.amount_residual, 66)
        request = self._write_off(item, reason=self.reason)
        self.assertEqual(request.tax_relief, 6)

    def test_credit_note_after_the_loss_is_told(self):
        plain = self._write_off(self._taxed(50), reason=self.uneconomic)
        item = self._taxed(100)
        request = self._write_off(item, reason=self.reason)

        credit = self._credit(item)
        self.assertFalse(request.activity_ids)
        credit.action_post()
        self._credit(plain.line_ids.move_line_id).action_post()

        self.assertEqual(request.activity_ids.summary, "Tax given back twice?")
        self.assertIn(credit.name, str(request.activity_ids.note))
        self.assertFalse(plain.activity_ids)
        request.with_user(self.manager).action_reverse()
        self.assertFalse(request.activity_ids)

    def test_parts_add_up_to_the_tax(self):
        # 33.33 + 10 % = 36.66 with 3.33 tax, written off in three uneven parts
        item = self._taxed(33.33)
        parts = []
        for amount in (12.22, 12.22, 12.22):
            request = self._write_off(item, amount=amount, reason=self.reason)
            parts.append(request.tax_relief)

        self.assertEqual(parts, [1.11, 1.11, 1.11])
        self.assertEqual(sum(parts), 3.33)
        self.assertTrue(item.reconciled)

    def test_instalments_of_one_request_add_up(self):
        terms = self.env["account.payment.term"].create(
            {
                "name": "thirds",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 33.33, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 66.67, "nb_days": 30}
                    ),
                ],
            }
        )
        items = self._taxed(
            33.33, invoice_payment_term_id=terms.id, invoice_date_due=False
        )
        self.assertEqual(len(items), 2)

        request = self._write_off(items, reason=self.reason)

        self.assertEqual(round(request.tax_relief, 2), 3.33)
        self.assertEqual(self._trial_balance().get(self.bad_debts.id), (33.33, 33.33))

    def test_after_a_part_payment_only_the_rest_counts(self):
        item = self._taxed(100)
        self._pay(item, 55)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 5)

    def test_each_of_several_taxes_comes_back(self):
        item = self._taxed(100, tax=self.tax | self._create_tax(5))

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 15)
        entry = request.line_ids.entry_id
        self.assertEqual(
            sorted(entry.line_ids.filtered("tax_line_id").mapped("balance")), [5, 10]
        )

    def test_no_relief_unless_company_and_reason_say_so(self):
        for setting, reason in ((False, self.reason), (True, self.uneconomic)):
            with self.subTest(setting=setting):
                self.company.dunning_writeoff_tax_relief = setting
                request = self._write_off(self._taxed(100), reason=reason)
                self.assertEqual(request.tax_relief, 0)
                self.assertFalse(request.line_ids.entry_id.line_ids.tax_line_id)

    def test_relief_ends_with_the_age_of_the_invoice(self):
        # invoiced ten days before it was due
        item = self._taxed(100)
        months = {8: 10, 6: 0}
        for number, relief in months.items():
            with self.subTest(months=number):
                reason = self._create_reason(
                    code=str(number), tax_relief=True, relief_max_months=number
                )
                request = self._request(item, reason=reason)
                self.assertEqual(request.tax_relief, relief)
                request.action_cancel()

    def test_account_of_its_own(self):
        account = self.tax_account.copy()
        self.company.dunning_writeoff_tax_account_id = account

        self._write_off(self._taxed(100), reason=self.reason)

        self.assertEqual(self._trial_balance()[account.id][0], 10)

    def test_foreign_tax_at_the_rate_of_the_invoice(self):
        gold = self.setup_other_currency(
            "XAF", rounding=0.01, rates=[("2023-01-01", 2.0), ("2024-06-01", 4.0)]
        )
        item = self._taxed(200, currency=gold)
        before = self._trial_balance()

        request = self._write_off(item, reason=self.reason)

        # 20 of tax were declared as 10; 220 are worth 55 today
        self.assertEqual(request.tax_relief, 10)
        self.assertEqual(request.line_ids.amount_loss, 45)
        self.assertTrue(item.reconciled)
        request.with_user(self.manager).action_reverse()
        self.assertEqual(self._trial_balance(), before)

    def test_tax_of_another_country(self):
        belgium = self.env.ref("base.be")
        position = self.env["account.fiscal.position"].create(
            {"name": "Belgium", "country_id": belgium.id, "foreign_vat": "BE0477472701"}
        )
        group = self.env["account.tax.group"].create(
            {"name": "Belgium", "country_id": belgium.id}
        )
        tax = self._create_tax(
            21, country_id=belgium.id, tax_group_id=group.id, name="21% BE"
        )
        item = self._taxed(100, tax=tax, fiscal_position_id=position.id)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 21)

    def test_reversal_takes_the_relief_back(self):
        item = self._taxed(100)
        before = self._trial_balance()
        request = self._write_off(item, reason=self.reason)

        request.with_user(self.manager).action_reverse()

        self.assertEqual(self._trial_balance(), before)
        reversal = request.line_ids.reversal_id
        self.assertEqual(reversal.line_ids.filtered("tax_tag_ids").balance, -10)

    def test_locked_tax_period_is_refused(self):
        request = self._request(self._taxed(100), reason=self.reason)
        request.action_submit()
        self.company.tax_lock_date = DAY

        with self.assertRaisesRegex(UserError, "is locked"):
            request.action_post()

    def test_tax_that_is_due_on_payment_nets_to_nothing(self):
        self.company.tax_exigibility = True
        waiting = self.tax_account.copy({"reconcile": True})
        tax = self._create_tax(
            20,
            tax_exigibility="on_payment",
            cash_basis_transition_account_id=waiting.id,
        )
        item = self._taxed(100, tax=tax)

        request = self._write_off(item, reason=self.reason)

        self.assertEqual(request.tax_relief, 20)
        after = self._trial_balance()
        self.assertNotIn(self.tax_account.id, after)
        self.assertNotIn(waiting.id, after)
        self.assertEqual(after[self.bad_debts.id][0], 100)
