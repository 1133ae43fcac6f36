from odoo.tests import HttpCase, new_test_user, tagged

from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestTour(DunningCommon, HttpCase):
    """The guided tour can be followed to its end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # the tour is clicked at any hour; who may be called when is tested elsewhere
        cls.env["account.dunning.contact.rule"].search([]).active = False
        cls.tourist = new_test_user(
            cls.env(context={**cls.env.context, "no_reset_password": True}),
            login="dunning_tourist",
            password="dunning_tourist",
            groups="account_dunning_advanced.group_dunning_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def test_worklist_to_call_to_promise(self):
        self._create_item(1000, 30, day=self.company._dunning_today())
        debtors = self.env["account.dunning.debtor"]
        row = debtors._get_or_create(self.debtor, self.company)
        row.user_id = self.tourist
        debtors._refresh(self.company)

        self.start_tour("/odoo", "account_dunning_tour", login="dunning_tourist")

        promise = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.debtor.id)]
        )
        self.assertEqual(promise.state, "active")
        self.assertEqual(promise.channel, "call")
