from io import BytesIO

from odoo import SUPERUSER_ID, api, models
from odoo.fields import Command

REPORT = "account_dunning_advanced.account_dunning_customer_statement_report"


class AccountDunningCustomerStatement(models.Model):
    """Statements of account that customers download; nothing of them is kept."""

    _inherit = "account.dunning.customer.statement"

    @api.model
    def _get_download(self, partner, company, kind):
        """Return a customer's account with a company over the last months, as a file.

        Reads as the system: the caller has found out that the account may be seen.

        :param str kind: ``pdf`` or ``xlsx``.
        :return: (file name, content).
        """
        as_system = self.with_user(SUPERUSER_ID).with_company(company)
        statement = as_system.create(
            {"partner_id": partner.id, "company_id": company.id}
        )
        content = getattr(statement, f"_render_{kind}")()
        name = f"{company.name} {statement.date_to}.{kind}"
        statement.unlink()
        return name, content

    def _render_pdf(self):
        content, _type = self.env["ir.actions.report"]._render_qweb_pdf(
            REPORT, self.ids
        )
        return content

    def _render_xlsx(self):
        export = self.env["account.dunning.export"].create(
            {
                "kind": "statement",
                "res_ids": self.ids,
                "company_ids": [Command.set(self.company_id.ids)],
            }
        )
        file = BytesIO()
        export._write_xlsx(file)
        return file.getvalue()
