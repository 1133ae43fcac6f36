from odoo import http
from odoo.tests import HttpCase, tagged

from .common import DunningPortalCommon


@tagged("post_install", "-at_install")
class TestContactPerson(DunningPortalCommon, HttpCase):
    """Customers say who sees to payments; the collector makes it so."""

    def setUp(self):
        super().setUp()
        self._create_overdue_invoice(1234, 40)
        self.notice = self._issue_notice()
        self.authenticate("kim", "kim-secret")

    def _send(self, **values):
        return self.url_open(
            "/my/dunning/contact",
            data={"csrf_token": http.Request.csrf_token(self), **values},
            allow_redirects=False,
        )

    def _get_tasks(self):
        debtor = self.env["account.dunning.debtor"].search(
            [("partner_id", "=", self.customer.id)]
        )
        return debtor.activity_ids.filtered(
            lambda task: task.summary == "Make this person the contact for payments"
        )

    def test_person_named_is_a_task_and_changes_no_address(self):
        people = self.customer.child_ids

        answer = self._send(
            contact_name="Park <b>Jiyoung</b>", contact_email="park@example.com"
        )

        self.assertEqual(answer.status_code, 303)
        [task] = self._get_tasks()
        self.assertIn("park@example.com", task.note)
        self.assertNotIn("<b>", task.note)
        self.assertEqual(self.customer.child_ids, people)
        contact = self.env["account.dunning.contact"].search(
            [("partner_id", "=", self.customer.id)], limit=1
        )
        self.assertEqual((contact.direction, contact.channel), ("in", "portal"))

    def test_who_cannot_be_reached_is_no_contact(self):
        for values in (
            {"contact_name": "Park"},
            {"contact_email": "park@example.com"},
            {"contact_name": "Park", "contact_email": "no address"},
            {"contact_name": "Park", "contact_phone": "1" * 100},
        ):
            with self.subTest(values):
                page = self._send(**values)
                self.assertEqual(page.status_code, 200)
                self.assertIn("Please give the name", page.text)
                self.assertFalse(self._get_tasks())

    def test_other_wishes_ask_nobody_for_anything(self):
        self._send(preferred="email")

        self.assertFalse(self._get_tasks())
