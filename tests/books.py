"""Books that journeys click through: a company, a late customer, people."""

from datetime import timedelta

from browser import BrowserCase
from playwright.sync_api import expect

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user

PASSWORD = "a-long-enough-secret"


class BooksCase(BrowserCase, HttpCase):
    """A company with a chart of accounts, and a customer who is late."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {
                "name": "Journey Books",
                "street": "1 Ledger Lane",
                "city": "Springfield",
                "email": "books@example.com",
                "currency_id": cls.env.ref("base.USD").id,
            }
        )
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls.today = cls.company._dunning_today()
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Late & Sons",
                "is_company": True,
                "email": "late@example.com",
                "street": "7 Overdue Road",
                "city": "Shelbyville",
                "country_id": cls.env.ref("base.us").id,
            }
        )

    @classmethod
    def _create_invoice(cls, amount, days_overdue, day=None):
        """Post an invoice that is so many days overdue on a day, today without one."""
        due = (day or cls.today) - timedelta(days=days_overdue)
        invoice = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": cls.customer.id,
                "invoice_date": due - timedelta(days=30),
                "invoice_date_due": due,
                "invoice_payment_term_id": False,
                "invoice_line_ids": [
                    Command.create(
                        {"name": "Goods", "price_unit": amount, "tax_ids": False}
                    )
                ],
            }
        )
        invoice.action_post()
        return invoice

    @classmethod
    def _create_contact(cls, login, name="Ann Late"):
        """Return a portal user: a contact of the customer."""
        contact = cls.env["res.partner"].create(
            {"name": name, "parent_id": cls.customer.id}
        )
        return cls._create_user(
            login, "base.group_portal", name=name, partner_id=contact.id
        )

    @classmethod
    def _create_accountant(cls):
        return cls._create_user(
            "journey_accountant",
            "account.group_account_invoice,account_dunning_advanced.group_dunning_user",
            name="Alma Accountant",
        )

    @classmethod
    def _create_user(cls, login, groups, **values):
        return new_test_user(
            cls.env(context={**cls.env.context, "no_reset_password": True}),
            login,
            groups=groups,
            password=PASSWORD,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            **values,
        )

    def issue_run(self, visitor):
        """Click a run from its beginning to the notices that go out."""
        page = visitor.page
        visitor.open_menu("Invoicing", "Customers", "Dunning Runs")
        # the list of another menu has a button of the same name
        expect(page.locator(".o_breadcrumb")).to_contain_text("Dunning Runs")
        page.get_by_role("button", name="New", exact=True).click()
        for button, state in (
            ("Propose", "Proposed"),
            ("Approve", "Approved"),
            ("Issue", "Issued"),
        ):
            page.get_by_role("button", name=button, exact=True).click()
            expect(
                page.locator(".o_statusbar_status .o_arrow_button_current")
            ).to_have_text(state)
            visitor.take_picture(f"run-{state.lower()}")
