from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from .test_portal_pay import PayCommon


@tagged("post_install", "-at_install")
class TestFactored(PayCommon, HttpCase):
    """What belongs to a factor is shown in the portal, and not paid to us."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.factor = cls.env["res.partner"].create({"name": "First Factoring"})
        cls.account = cls.env["res.partner.bank"].create(
            {"acc_number": "BE71096123456769", "partner_id": cls.factor.id}
        )

    def _assign(self, **values):
        return self.env["account.dunning.factoring"].create(
            {
                "name": "Framework contract",
                "company_id": self.company.id,
                "factor_id": self.factor.id,
                **values,
            }
        )

    def _assign_openly(self):
        return self._assign(
            dunning="factor",
            bank_account_id=self.account.id,
            partner_ids=[Command.set(self.customer.ids)],
        )

    def test_item_that_the_factor_collects_is_left_out_of_what_is_paid(self):
        sold = self._get_item(self._create_overdue_invoice(1000, 40))
        kept = self._get_item(self._create_overdue_invoice(200, 10))
        self.assertEqual(self._get_basket("all").total, 1200)

        self._assign(move_line_ids=[Command.set(sold.ids)])

        basket = self._get_basket("all")
        self.assertEqual((basket.total, basket.items), (200, kept))

    def test_customer_of_a_factor_pays_nothing_here(self):
        self._create_overdue_invoice(1000, 40)
        self.assertEqual(self._get_basket("all").total, 1000)

        factoring = self._assign_openly()
        self.assertFalse(self._get_basket("all").items)

        factoring.action_end()
        self.assertEqual(self._get_basket("all").total, 1000)

    def test_notice_names_the_factor_and_its_account(self):
        self._create_overdue_invoice(1000, 40)
        self._assign_openly()
        notice = self._issue_notice()

        page = self.url_open(
            f"/my/dunning/notice/{notice.id}"
            f"?access_token={notice.sudo()._portal_ensure_token()}"
        ).text

        self.assertIn("were assigned to First Factoring", page)
        self.assertIn("BE71096123456769", page)
        self.assertNotIn('name="pay"', page)

    def test_notice_of_ones_own_is_paid_online(self):
        self._create_overdue_invoice(1000, 40)
        notice = self._issue_notice()
        page = self.url_open(
            f"/my/dunning/notice/{notice.id}"
            f"?access_token={notice.sudo()._portal_ensure_token()}"
        ).text
        self.assertNotIn("First Factoring", page)
        self.assertIn('name="pay"', page)
