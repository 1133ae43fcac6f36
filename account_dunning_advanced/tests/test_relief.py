from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import DAY
from .test_debtor_figures import WorklistCommon


@tagged("post_install", "-at_install")
class TestRelief(WorklistCommon):
    """After a disaster many customers are spared at once, and for a while only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.germany = cls.env.ref("base.de")
        cls.industry = cls.env["res.partner.industry"].create({"name": "Vineyards"})
        cls.debtor.write({"country_id": cls.germany.id, "zip": "53474"})
        cls.far = cls._create_debtor("Far away", country_id=cls.env.ref("base.fr").id)

    def _relief(self, day=DAY, **values):
        return (
            self.env["account.dunning.relief"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Flood in the Ahr valley",
                    "company_id": self.company.id,
                    "date_from": day,
                    "date_to": day + timedelta(days=30),
                    **values,
                }
            )
        )

    def _zip(self, **values):
        return self._relief(
            country_ids=[Command.set(self.germany.ids)],
            zip_prefixes="534, 535",
            **values,
        )

    def test_region_is_spared_and_everybody_else_is_not(self):
        item, other = self._create_item(100, 30), self._create_item(100, 30, self.far)
        village = self._create_debtor("Up the hill", country_id=self.germany.id)
        village.zip = "50667"
        third = self._create_item(100, 30, village)
        self._zip()

        verdict = self.assertReason(item, "relief")
        self.assertIn("Flood in the Ahr valley", verdict.explanation)
        self.assertIn("07/14/2024", verdict.explanation)
        self.assertReason(other, "dun")
        self.assertReason(third, "dun")

    def test_relief_counts_from_its_first_to_its_last_day(self):
        item = self._create_item(100, 30)
        self._zip()
        for days, reason in ((-1, "dun"), (0, "relief"), (30, "relief"), (31, "dun")):
            with self.subTest(days=days):
                self.assertEqual(
                    item._dunning_reasons(DAY + timedelta(days=days)),
                    {item.id: reason},
                )

    def test_archived_customer_is_spared_as_well(self):
        item = self._create_item(100, 30)
        self._relief(partner_ids=[Command.set(self.debtor.ids)])
        self.debtor.active = False
        self.env.invalidate_all()

        self.assertReason(item, "relief")

    def test_ended_relief_spares_nobody(self):
        item = self._item(100, 30)
        relief = self._zip(day=self.today)
        self.assertReason(item, "relief", self.today)

        relief.action_end()

        self.assertEqual(relief.state, "ended")
        self.assertReason(item, "dun", self.today)

    def test_industry_and_region_must_both_apply_but_a_list_is_a_list(self):
        item, other = self._create_item(100, 30), self._create_item(100, 30, self.far)
        relief = self._zip(industry_ids=[Command.set(self.industry.ids)])
        self.assertReason(item, "dun")

        self.debtor.industry_id = self.industry
        self.assertReason(item, "relief")
        self.assertReason(other, "dun")

        relief.partner_ids = self.far
        self.assertReason(other, "relief")

    def test_softer_policy_goes_before_every_other_choice(self):
        soft = self._create_policy("Soft", delays=(60, 90))
        item, other = self._create_item(100, 30), self._create_item(100, 30, self.far)
        self.debtor.with_company(self.company).dunning_policy_id = self.policy
        item.move_id.dunning_policy_id = self.policy
        self.assertReason(item, "dun")

        self._zip(kind="policy", policy_id=soft.id)

        self.assertReason(item, "not_due")
        self.assertEqual(self._judge(other).policy_id, self.policy)
        self.assertReason(item, "dun", DAY + timedelta(days=31))

    def test_what_was_approved_is_not_issued_when_the_relief_comes_between(self):
        self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        self._zip()

        run.action_issue()

        self.assertFalse(run.notice_ids.filtered(lambda n: n.state == "issued"))
        self.assertEqual(run.change_ids.mapped("reason"), ["relief"])

    def test_debtor_page_shows_it_while_it_lasts(self):
        self._item(100, 30)
        row = self._row()
        relief = self._zip(day=self.today)
        self.env.cr.precommit.run()

        seen = row.with_user(self.collector)
        self.assertIn("Flood in the Ahr valley", seen.relief_text)
        self.assertRecordValues(row, [{"stage": "hold", "next_step": "wait"}])
        self.assertEqual(relief.debtor_count, 1)

        relief.action_end()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        self.assertFalse(seen.relief_text)
        self.assertEqual(row.stage, "late")

    def test_relief_of_another_company_spares_nobody_here(self):
        item = self._create_item(100, 30)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["account.dunning.relief"].create(
            {
                "name": "There",
                "company_id": elsewhere.id,
                "date_from": DAY,
                "date_to": DAY,
                "partner_ids": [Command.set(self.debtor.ids)],
            }
        )
        self.assertReason(item, "dun")

    def test_relief_for_everybody_and_without_policy_is_refused(self):
        with self.assertRaises(ValidationError):
            self._relief()
        with self.assertRaises(ValidationError):
            self._zip(kind="policy")

    def test_only_managers_relieve_and_nobody_deletes(self):
        relief = self._zip()
        with self.assertRaises(AccessError):
            relief.with_user(self.collector).action_end()
        with self.assertRaises(AccessError):
            self._zip().with_user(self.collector).copy()
        with self.assertRaises(AccessError):
            relief.with_user(self.manager).unlink()

    def test_selected_debtors_are_taken_over_into_a_relief(self):
        self._item(100, 30)
        action = self._row().with_user(self.manager).action_relieve()
        Relief = self.env["account.dunning.relief"].with_user(self.manager)
        with Form(Relief.with_context(**action["context"])) as form:
            form.name = "Strike"
            form.date_to = self.today
        self.assertEqual(form.record.partner_ids, self.debtor)
