from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import DAY, DunningCommon

MODELS = {
    # model: operations allowed to (invoicing, collector, manager)
    "account.dunning.policy": ("r", "r", "rwcu"),
    "account.dunning.policy.rule": ("r", "r", "rwcu"),
    "account.dunning.level": ("r", "r", "rwcu"),
    "account.dunning.run": ("", "rwc", "rwcu"),
    "account.dunning.run.change": ("", "r", "r"),
    "account.dunning.verdict": ("", "r", "r"),
    "account.dunning.notice": ("r", "rw", "rwcu"),
    "account.dunning.notice.line": ("r", "rw", "rwcu"),
    "account.dunning.debtor": ("r", "rwc", "rwcu"),
    "account.dunning.hold": ("r", "rwc", "rwc"),
    "account.dunning.payment.order": ("r", "r", "rwcu"),
    "account.dunning.reward": ("r", "r", "rwcu"),
    "account.dunning.offer": ("r", "rw", "rw"),
    "account.dunning.offer.line": ("r", "r", "r"),
    "account.dunning.promise": ("r", "rwc", "rwcu"),
    "account.dunning.promise.line": ("r", "rwcu", "rwcu"),
    "account.dunning.promise.item": ("r", "r", "r"),
    "account.dunning.retention": ("", "r", "rwcu"),
    "account.dunning.erasure": ("r", "r", "r"),
    "account.dunning.erase": ("", "", "rwcu"),
}
OPERATIONS = {"r": "read", "w": "write", "c": "create", "u": "unlink"}


@tagged("post_install", "-at_install")
class TestAccessRights(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        values = {
            "company_id": cls.company.id,
            "company_ids": [(6, 0, cls.company.ids)],
        }
        cls.invoicing = new_test_user(
            cls.env, "invoicing", "account.group_account_invoice", **values
        )
        cls.employee = new_test_user(cls.env, "employee", "base.group_user", **values)
        cls.portal = new_test_user(cls.env, "portal_user", "base.group_portal")

    def test_each_group_may_do_what_its_work_needs(self):
        users = (self.invoicing, self.collector, self.manager)
        for model, allowed in MODELS.items():
            for user, letters in zip(users, allowed, strict=True):
                for letter, operation in OPERATIONS.items():
                    with self.subTest(model=model, user=user.login, op=operation):
                        access = self.env[model].with_user(user).has_access(operation)
                        self.assertEqual(access, letter in letters)

    def test_employees_and_portal_users_see_nothing(self):
        for model in MODELS:
            for user in (self.employee, self.portal):
                for operation in OPERATIONS.values():
                    with self.subTest(model=model, user=user.login, op=operation):
                        self.assertFalse(
                            self.env[model].with_user(user).has_access(operation)
                        )

    def test_collector_does_a_whole_run(self):
        item = self._create_item(100, 30)

        run = self._run(issue=True, user=self.collector)
        run.notice_ids.action_reverse()

        self.assertEqual(run.notice_ids.state, "reversed")
        self.assertFalse(item.dunning_level_id)

    def test_invoicing_user_sees_why_but_cannot_run(self):
        item = self._create_item(100, 30)

        invoice = item.move_id.with_user(self.invoicing)
        invoice.invalidate_recordset()

        self.assertIn("100.00", invoice.dunning_explanation)
        with self.assertRaises(AccessError):
            self._run(user=self.invoicing)

    def test_public_methods_refuse_who_may_not(self):
        self._create_item(100, 30)
        run = self._run(issue=True)
        for user in (self.invoicing, self.employee, self.portal):
            for record, method in (
                (run, "action_propose"),
                (run, "action_approve"),
                (run, "action_issue"),
                (run, "action_cancel"),
                (run, "action_reverse"),
                (run.notice_ids, "action_reverse"),
                (run.notice_ids, "action_send"),
                (run.notice_ids.line_ids.move_line_id, "action_dunning_restart"),
            ):
                with (
                    self.subTest(user=user.login, method=method),
                    self.assertRaises(AccessError),
                ):
                    getattr(record.with_user(user), method)()
        for user in (self.employee, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.policy.with_user(user).simulate(DAY)
        self.assertEqual(run.state, "issued")

    def test_states_and_amounts_cannot_be_forged(self):
        self._create_item(100, 30)
        run = self._run(issue=True)
        for user in (self.collector, self.manager):
            for record, vals in (
                (run, {"state": "approved"}),
                (run, {"plan_hash": "0"}),
                (run.notice_ids, {"state": "draft"}),
                (run.notice_ids, {"amount_total": 1}),
                (run.notice_ids, {"delivery_state": "pending"}),
                (run.notice_ids.line_ids, {"amount_dunned": 1}),
            ):
                with (
                    self.subTest(user=user.login, vals=vals),
                    self.assertRaises(AccessError),
                ):
                    record.with_user(user).write(vals)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["account.dunning.run"].with_user(user).create(
                    {"state": "approved"}
                )

    def test_defaults_from_the_context_forge_nothing(self):
        for user in (self.collector, self.manager):
            run = (
                self.env["account.dunning.run"]
                .with_user(user)
                .with_context(default_state="issued", default_plan_hash="x")
                .create({})
            )
            with self.subTest(user=user.login):
                self.assertRecordValues(run, [{"state": "draft", "plan_hash": False}])

    def test_ladder_of_another_company_is_not_restarted(self):
        other = self.setup_other_company()["company"]
        item = self._create_item(100, 30, company=other)
        item.dunning_level_id = self.first

        with self.assertRaises(AccessError):
            item.with_user(self.manager).action_dunning_restart()

        self.assertEqual(item.dunning_level_id, self.first)

    def test_employees_learn_nothing_from_the_customer(self):
        self._create_item(100, 30)
        for user in (self.employee, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.debtor.with_user(user).read(["dunning_summary"])

    def test_guard_cannot_be_opened_from_outside(self):
        self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids.with_user(self.collector)
        forged = notice.with_context(account_dunning_guard=True)

        with self.assertRaises(AccessError):
            forged.write({"state": "draft"})
        # the twin: with the key that only our code has, the same write goes through
        notice._unguarded().write({"state": "draft"})
        self.assertEqual(notice.state, "draft")

    def test_notice_cannot_be_sent_to_a_stranger(self):
        self._create_item(100, 30)
        notice = self._run().notice_ids.with_user(self.collector)

        with self.assertRaises(ValidationError):
            notice.recipient_id = self._create_debtor("Stranger")

    def test_collector_may_still_write_what_is_theirs(self):
        self._create_item(100, 30)
        notice = self._run().notice_ids.with_user(self.collector)

        notice.write({"note": "Thank you", "user_id": self.collector.id})

        self.assertEqual(notice.note, "Thank you")

    def test_ladder_of_an_item_is_not_set_by_hand(self):
        item = self._create_item(100, 30)
        accountant = new_test_user(
            self.env, login="accountant", groups="account.group_account_invoice"
        )

        for values in ({"dunning_level_id": self.last.id}, {"dunning_date": DAY}):
            with self.assertRaises(AccessError):
                item.with_user(accountant).write(values)
        # what the bookkeeper may say stays possible
        item.with_user(accountant).dunning_max_level_id = self.second
