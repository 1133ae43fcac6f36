"""The screens put no barrier in the way that Odoo's own screens do not have."""

from books import PASSWORD, BooksCase

from odoo.tests import tagged

try:
    from axe_playwright_python.sync_playwright import Axe
except ImportError:  # pragma: no cover - of requirements-test.txt
    Axe = None

#: Screens of Odoo's own: a list, a form, a pivot table.
THEIRS = (
    "customer-invoices",
    "customer-invoices/new",
    "action-account.action_account_invoice_report_all",
)
#: What Odoo's widgets bring along that none of its screens above has: its list boxes,
#: and its list of attachments.
FOREIGN = {"autocomplete-valid", "list", "aria-prohibited-attr", "image-alt"}
#: Milliseconds until a screen has faded in; the web client is never idle.
FADING = 800
OURS = (
    "action-account_dunning_advanced.account_dunning_debtor_action_worklist",
    "debtors",
    "debtors/{debtor}",
    "dunning-runs",
    "dunning-runs/{run}",
    "dunning-notices",
    "dunning-policies/{policy}",
    "dunning-reliefs",
    "dunning-factoring",
    "action-account_dunning_advanced.account_dunning_promise_action",
    "action-account_dunning_advanced.account_dunning_dispute_action",
    "action-account_dunning_advanced.account_dunning_aging_action",
    "action-account_dunning_advanced.account_dunning_forecast_action",
    "action-account_dunning_advanced.account_dunning_contact_action",
)


@tagged("standard", "post_install", "-at_install")
class TestJourneyAccessible(BooksCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_accountant()
        cls._create_invoice(900, 40)
        run = cls.env["account.dunning.run"].create({"company_id": cls.company.id})
        run.action_propose()
        cls.env["account.dunning.debtor"]._refresh(cls.company)
        debtor = cls.env["account.dunning.debtor"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.ids = {
            "run": run.id,
            "debtor": debtor.id,
            "policy": run.notice_ids.level_id.policy_id.id,
        }

    def setUp(self):
        super().setUp()
        if Axe is None:
            self.skipTest("axe-playwright-python is not installed")

    def _find_barriers(self, visitor, path):
        """Return {kind: elements} of the serious barriers on a screen."""
        page = visitor.page
        visitor.go(f"/odoo/{path}")
        page.locator(".o_action_manager .o_view_controller").first.wait_for()
        page.wait_for_timeout(FADING)
        return self._check(page)

    def _check(self, page):
        return {
            found["id"]: [node["html"][:120] for node in found["nodes"][:3]]
            for found in Axe().run(page).response["violations"]
            if found["impact"] in ("serious", "critical")
        }

    def test_no_screen_has_a_barrier_that_odoo_has_not(self):
        with self.browse("reader") as visitor:
            visitor.log_in("journey_accountant", PASSWORD)
            known = set(FOREIGN)
            for path in THEIRS:
                known |= self._find_barriers(visitor, path).keys()
            for path in OURS:
                with self.subTest(path):
                    barriers = self._find_barriers(visitor, path.format(**self.ids))
                    self.assertFalse(
                        {kind: barriers[kind] for kind in barriers.keys() - known}
                    )

            # the check bites: a link without a name
            visitor.page.evaluate(
                "document.querySelector('.o_content').insertAdjacentHTML("
                "'afterbegin', '<a href=\"#\" style=\"display:block\"></a>')"
            )
            self.assertIn("link-name", self._check(visitor.page).keys() - known)
