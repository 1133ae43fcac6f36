from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import LegalCommon

MODELS = (
    "account.legal.procedure",
    "account.legal.procedure.step",
    "account.legal.procedure.outcome",
    "account.legal.fee",
    "account.legal.fee.version",
    "account.legal.fee.band",
    "account.legal.document",
    "account.legal.limitation",
    "account.legal.limitation.rule",
    "account.legal.speciality",
    "account.legal.case",
    "account.legal.case.step",
    "account.legal.claim",
    "account.legal.clock",
    "account.legal.limitation.event",
    "account.legal.placement",
    "account.legal.placement.line",
    "account.legal.party",
    "account.legal.hearing",
    "account.legal.letter",
    "account.legal.finding",
    "account.legal.deposit",
    "account.legal.attempt",
    "account.legal.insolvency",
)
CONFIGURATION = MODELS[:10]
OPERATIONS = ("read", "write", "create", "unlink")


@tagged("post_install", "-at_install")
class TestAccessRights(LegalCommon):
    def _may(self, user, model):
        return {
            operation
            for operation in OPERATIONS
            if self.env[model].with_user(user).has_access(operation)
        }

    def test_table_of_rights(self):
        portal = self._create_new_portal_user(login="legal_portal")
        employee = new_test_user(self.env, login="employee", groups="base.group_user")
        biller = new_test_user(
            self.env, login="biller", groups="account.group_account_invoice"
        )
        auditor = new_test_user(
            self.env, login="auditor", groups="account.group_account_readonly"
        )
        nothing, read, everything = set(), {"read"}, set(OPERATIONS)
        # user, rights on configuration, rights on cases
        table = [
            (portal, nothing, nothing),
            (employee, nothing, nothing),
            (biller, nothing, nothing),
            (auditor, read, read),
            (self.collector, read, read),
            (self.clerk, read, everything),
            (self.manager, everything, everything),
        ]
        for user, configuration, cases in table:
            for model in MODELS:
                expected = configuration if model in CONFIGURATION else cases
                with self.subTest(user=user.login, model=model):
                    self.assertEqual(self._may(user, model), expected)

    def test_collector_sees_the_case_and_cannot_open_it(self):
        case = self._create_case(self._create_top_item(1000))
        seen = case.with_user(self.collector)

        self.assertTrue(seen.name)
        for act in (
            seen.action_open,
            seen.action_close,
            seen.action_cancel,
            seen.action_fill_items,
            seen.current_step_id.action_start,
        ):
            with self.assertRaises(AccessError):
                act()

    def test_clerk_of_another_company_sees_nothing(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            login="other_clerk",
            groups="account_dunning_legal.group_legal_clerk",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        case = self._open_case(self._create_top_item(1000))

        deposit = self.env["account.legal.deposit"].create(
            {"case_id": case.id, "amount": 10}
        )
        filing = self.env["account.legal.insolvency"].create(
            {
                "case_id": case.id,
                "procedure_id": self.env.ref(
                    "account_dunning_legal.account_legal_insolvency_de_insolvency"
                ).id,
            }
        )
        for records in (case, case.step_ids, case.claim_ids, deposit, filing):
            with self.subTest(model=records._name):
                self.assertFalse(self.env[records._name].with_user(stranger).search([]))
                with self.assertRaises(AccessError):
                    records.with_user(stranger).read(["display_name"])
        with self.assertRaises(AccessError):
            case.with_user(stranger).claim_balance("2024-06-14")

    def test_own_procedure_of_another_company_is_not_seen(self):
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env,
            login="other_clerk",
            groups="account_dunning_legal.group_legal_clerk",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        Procedure = self.env["account.legal.procedure"].with_user(stranger)

        found = Procedure.search([])

        self.assertNotIn(self.procedure, found)
        self.assertIn("kr", found.mapped("code"))

    def test_verdict_names_the_case_only_to_who_may_see_it(self):
        item = self._create_top_item(1000)
        case = self._open_case(item)
        biller = new_test_user(
            self.env,
            login="biller",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )

        self.assertIn(case.name, item.with_user(self.clerk).dunning_explanation)
        self.assertNotIn(case.name, item.with_user(biller).dunning_explanation)
