from odoo.fields import Command
from odoo.tests import Form, tagged

from .test_debtor_figures import WorklistCommon


@tagged("post_install", "-at_install")
class TestInvoiceView(WorklistCommon):
    """Invoices and customers say where their dunning stands."""

    def _find(self, *domain):
        return (
            self.env["account.move"]
            .with_user(self.collector)
            .search([("partner_id", "child_of", self.debtor.id), *domain])
        )

    def _hold(self, **values):
        return self.env["account.dunning.hold"].create(
            {
                "company_id": self.company.id,
                "reason": "Wait",
                "date_from": self.today,
                **values,
            }
        )

    def test_hold_on_item_invoice_or_customer_is_found(self):
        first, second = self._item(100, 30).move_id, self._item(200, 30).move_id
        self.assertFalse(self._find(("is_dunning_held", "=", True)))

        hold = self._hold(move_line_id=self._get_items(first).id)
        self.assertEqual(self._find(("is_dunning_held", "=", True)), first)
        self.assertEqual(self._find(("is_dunning_held", "=", False)), second)
        self.assertTrue(first.with_user(self.collector).is_dunning_held)
        self.assertFalse(second.is_dunning_held)

        hold.action_end()
        self._hold(move_id=second.id)
        self.env.invalidate_all()
        self.assertEqual(self._find(("is_dunning_held", "=", True)), second)

        self._hold(partner_id=self.debtor.id)
        self.env.invalidate_all()
        self.assertEqual(self._find(("is_dunning_held", "=", True)), first | second)
        self.assertTrue(first.is_dunning_held)

    def test_agreement_and_dispute_are_found_while_they_last(self):
        first, second = self._item(100, 30), self._item(200, 30)
        promise = self._promise(first, 100, days=5)
        dispute = self.env["account.dunning.dispute"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "move_line_ids": [Command.set(second.ids)],
                "reason": "Broken",
            }
        )

        self.assertEqual(
            self._find(("dunning_agreement_id", "!=", False)), first.move_id
        )
        self.assertEqual(
            self._find(("dunning_agreement_id", "=", False)), second.move_id
        )
        self.assertEqual(first.move_id.dunning_agreement_id, promise)
        self.assertEqual(self._find(("is_dunning_disputed", "=", True)), second.move_id)

        promise.action_cancel()
        dispute.action_reject()
        self.env.invalidate_all()
        self.assertFalse(self._find(("dunning_agreement_id", "!=", False)))
        self.assertFalse(self._find(("is_dunning_disputed", "=", True)))

    def test_reason_is_that_of_the_largest_open_item(self):
        move = self._item(100, 30).move_id
        other = self._item(100, 3).move_id

        seen = (move | other).with_user(self.collector)

        self.assertEqual(seen.mapped("dunning_reason"), ["dun", "not_due"])
        draft = move.copy()
        self.assertFalse(draft.dunning_reason)

    def test_invoice_and_customer_lead_to_the_debtor(self):
        move = self._item(100, 30).move_id
        row = self._row()
        action = move.with_user(self.collector).action_view_dunning_debtor()
        self.assertEqual(action["res_id"], row.id)
        self.assertEqual(self.debtor.with_company(self.company).dunning_overdue, 100)

        with Form(move.with_user(self.collector)) as form:
            self.assertFalse(form.is_dunning_held)

    def test_customers_who_owe_are_found(self):
        self._item(100, 30)
        self._row()
        found = (
            self.env["res.partner"]
            .with_user(self.collector)
            .search([("dunning_debtor_ids.amount_overdue", ">", 0)])
        )
        self.assertIn(self.debtor, found)
