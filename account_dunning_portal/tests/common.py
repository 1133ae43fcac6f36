from datetime import timedelta

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account.tests.common import AccountTestInvoicingCommon


class DunningPortalCommon(AccountTestInvoicingCommon):
    """A customer company with two users in the portal, and a stranger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.today = cls.company._dunning_today()
        cls.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "True"
        )
        cls.customer = cls._create_customer("Hanbit Trading", is_company=True)
        cls.contact = cls._create_customer("Kim Minsu", parent_id=cls.customer.id)
        cls.colleague = cls._create_customer("Lee Jiwoo", parent_id=cls.customer.id)
        cls.stranger = cls._create_customer("Stranger")
        cls.user_contact = cls._create_portal_user("kim", cls.contact)
        cls.user_colleague = cls._create_portal_user("lee", cls.colleague)
        cls.user_stranger = cls._create_portal_user("stranger", cls.stranger)

    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref(
            "account_dunning_advanced.group_dunning_manager"
        )

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "email": f"{name.split()[0].lower()}@example.com",
                "street": "12 Sejong-daero",
                "city": "Seoul",
                **values,
            }
        )

    @classmethod
    def _create_portal_user(cls, login, partner):
        return new_test_user(
            cls.env(context={**cls.env.context, "no_reset_password": True}),
            login=login,
            password=f"{login}-secret",
            groups="base.group_portal",
            partner_id=partner.id,
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_overdue_invoice(cls, amount, days, partner=None, **values):
        """Post an invoice over ``amount`` that was due ``days`` days ago."""
        return cls._create_posted("out_invoice", amount, days, partner, **values)

    @classmethod
    def _create_posted(cls, move_type, amount, days, partner=None, **values):
        due = cls.today - timedelta(days=days)
        vals = {
            "move_type": move_type,
            "partner_id": (partner or cls.customer).id,
            "invoice_date": due - timedelta(days=30),
            "invoice_date_due": due,
            "invoice_line_ids": [
                Command.create({"name": "Goods", "price_unit": amount, "tax_ids": []})
            ],
            **values,
        }
        if "invoice_payment_term_id" not in values:
            vals["invoice_payment_term_id"] = False
        move = cls.env["account.move"].create(vals)
        move.action_post()
        return move

    @classmethod
    def _propose_notices(cls, company=None):
        run = cls.env["account.dunning.run"].create(
            {"company_id": (company or cls.company).id}
        )
        run.action_propose()
        return run.notice_ids

    @classmethod
    def _issue_notice(cls, partner=None, company=None):
        """Issue a run and return the customer's notice."""
        notices = cls._propose_notices(company)
        notices.run_id.action_approve()
        notices.run_id.action_issue()
        return notices.filtered(
            lambda notice: notice.partner_id == (partner or cls.customer)
        )

    @classmethod
    def _get_statement(cls, partner=None, companies=None):
        """Return {currency: totals} and the names of the items by their status."""
        Statement = cls.env["account.dunning.statement"].sudo()
        scope = (partner or cls.customer, companies or cls.company)
        rows = Statement._get_rows(*scope)
        lines = Statement.env["account.move.line"].search(
            Statement._get_item_domain(*scope)
        )
        totals = {
            total["currency"]: total
            for total in Statement._get_totals(*scope, list(rows.values()))
        }
        return totals, Statement._prepare_items(lines, rows)
