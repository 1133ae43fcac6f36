from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Command

# Each story: the customer, and its invoices as (amount, days since the due date).
# Negative days are still to come. What happens to some of them stands in _tell().
STORIES = [
    {
        "name": "Hansol Trading Co., Ltd.",
        "lang": "ko_KR",
        "country": "base.kr",
        "street": "129 Samseong-ro",
        "zip": "06179",
        "city": "Seoul",
        "email": "ap@hansol.example.com",
        "invoices": [(4200, 41), (1850, 26), (990, 9), (1200, -12)],
    },
    {
        "name": "Yamato Seiki KK",
        "lang": "ja_JP",
        "country": "base.jp",
        "street": "2-3-1 Marunouchi",
        "zip": "100-0005",
        "city": "Tokyo",
        "email": "keiri@yamato.example.com",
        "invoices": [(7600, 52), (3100, 18), (640, -5)],
    },
    {
        "name": "Berger Maschinenbau GmbH",
        "lang": "de_DE",
        "country": "base.de",
        "street": "Industriestraße 12",
        "zip": "70565",
        "city": "Stuttgart",
        "email": "buchhaltung@berger.example.com",
        "invoices": [(2380, 33), (2380, 12), (150, 8)],
    },
    {
        "name": "Atelier Lumière SARL",
        "lang": "fr_FR",
        "country": "base.fr",
        "street": "8 rue de la Paix",
        "zip": "75002",
        "city": "Paris",
        "email": "compta@lumiere.example.com",
        "invoices": [(960, 28), (1140, 15)],
    },
    {
        "name": "Northgate Supplies Ltd",
        "country": "base.uk",
        "street": "14 Station Road",
        "zip": "LS1 4DY",
        "city": "Leeds",
        "email": "accounts@northgate.example.com",
        "invoices": [(3300, 61), (870, 30), (410, 11)],
    },
    {
        "name": "Blue Harbor Foods",
        "country": "base.us",
        "street": "500 Pine St",
        "zip": "98101",
        "city": "Seattle",
        "email": "pay@blueharbor.example.com",
        "invoices": [(5400, 37), (2700, 24), (1350, 10)],
    },
    # good payer: everything is still to come
    {
        "name": "Evergreen Clinic",
        "country": "base.us",
        "street": "77 Oak Ave",
        "zip": "97201",
        "city": "Portland",
        "email": "office@evergreen.example.com",
        "invoices": [(880, -3), (920, -20)],
    },
    # has a credit note that covers one invoice and part of the other
    {
        "name": "Corner Books",
        "country": "base.us",
        "street": "3 Main St",
        "zip": "05401",
        "city": "Burlington",
        "email": "hello@cornerbooks.example.com",
        "invoices": [(240, 29), (310, 14)],
        "credit": 300,
    },
    # nobody knows how to reach them
    {
        "name": "Ghost Kitchen LLC",
        "country": "base.us",
        "invoices": [(515, 44)],
    },
    # excluded from dunning by the salesperson
    {
        "name": "Mayor's Office",
        "country": "base.us",
        "street": "1 City Hall Square",
        "zip": "02201",
        "city": "Boston",
        "email": "payables@cityhall.example.com",
        "invoices": [(1999, 47)],
        "no_followup": True,
    },
    # always pays a part
    {
        "name": "Halfway Motors",
        "country": "base.us",
        "street": "9 Route 66",
        "zip": "86401",
        "city": "Kingman",
        "email": "books@halfway.example.com",
        "invoices": [(2000, 36), (1500, 22)],
        "paid": 800,
    },
    # late for the first time
    {
        "name": "Sunny Side Cafe",
        "country": "base.us",
        "street": "18 Beach Rd",
        "zip": "33139",
        "city": "Miami",
        "email": "cafe@sunny.example.com",
        "invoices": [(132.5, 9)],
    },
    {
        "name": "Mirae Design Studio",
        "lang": "ko_KR",
        "country": "base.kr",
        "street": "24 Yeonnam-ro",
        "zip": "03991",
        "city": "Seoul",
        "email": "studio@mirae.example.com",
        "invoices": [(880, 8), (415, 11)],
    },
    {
        "name": "River Logistics Inc.",
        "country": "base.us",
        "street": "400 Dock St",
        "zip": "70130",
        "city": "New Orleans",
        "email": "ap@river.example.com",
        "invoices": [(2210, 10), (980, -7)],
    },
    {
        "name": "Quick Print Shop",
        "country": "base.us",
        "street": "21 Elm St",
        "zip": "10001",
        "city": "New York",
        "email": "print@quick.example.com",
        "invoices": [(75, 26), (120, 19), (64, 8)],
    },
]
# How many days ago the first reminders of the demo went out.
FIRST_RUN_DAYS = 12


class AccountDunningDemo(models.AbstractModel):
    """Demo data: a ledger that tells stories, and a first run of some days ago."""

    _name = "account.dunning.demo"
    _description = "Dunning Demo Data"

    @api.model
    def _load(self):
        company = self.env.ref("base.main_company")
        if not company.chart_template:
            self.env["account.chart.template"].try_loading(
                "generic_coa", company, install_demo=False
            )
        self = self.with_company(company)
        if not company.dunning_policy_id:
            # the hook that sets it for companies comes after the demo data
            company.dunning_policy_id = self.env.ref(
                "account_dunning_advanced.account_dunning_policy_default"
            )
        if not company.partner_id.bank_ids:
            company.partner_id.bank_ids = [
                Command.create({"acc_number": "DE02 1203 0000 0000 2020 51"})
            ]
        for story in STORIES:
            self._tell(story)
        self._issue_first_run(company)
        self._set_charges(company)

    @api.model
    def _set_charges(self, company):
        """Let the levels after the first charge agreed interest and a fee."""
        company.dunning_charge_journal_id = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
        )
        company.dunning_waive_limit = 25
        interest = self.env["account.dunning.interest"].create(
            {
                "name": self.env._("As agreed, 8 %"),
                "code": "demo_agreed",
                "company_id": company.id,
                "mode": "fixed",
                "margin": 8,
                "needs_agreement": True,
                "for_sole_trader": True,
                "for_company": True,
                "for_public": True,
            }
        )
        self.env["account.dunning.terms"].create(
            {
                "company_id": company.id,
                "clause": self.env._("General terms, § 7"),
                "interest_id": interest.id,
            }
        )
        fee = self.env["account.dunning.charge"].create(
            {
                "name": self.env._("Reminder fee"),
                "code": "demo_fee",
                "amount": 10,
                "currency_id": company.currency_id.id,
            }
        )
        # Users of the demo look at it in every language that is installed.
        for lang, _name in self.env["res.lang"].get_installed():
            demo = self.with_context(lang=lang)
            fee.with_context(lang=lang).name = demo.env._("Reminder fee")
            interest.with_context(lang=lang).name = demo.env._("As agreed, 8 %")
        later_levels = company.dunning_policy_id.level_ids[1:]
        later_levels.write({"charge_interest": True, "charge_ids": fee.ids})

    @api.model
    def _tell(self, story):
        """Make a customer with posted invoices and what happened to them."""
        partner = self._create_partner(story)
        today = self.env.company._dunning_today()
        invoices = self.env["account.move"].create(
            [
                self._prepare_invoice(partner, amount, today - relativedelta(days=days))
                for amount, days in story["invoices"]
            ]
        )
        invoices.action_post()
        if story.get("no_followup"):
            invoices.no_followup = True
        if story.get("paid"):
            self._pay(invoices[0], story["paid"])
        if story.get("credit"):
            credit = self._prepare_invoice(partner, story["credit"], today)
            self.env["account.move"].create(
                {**credit, "move_type": "out_refund"}
            ).action_post()

    @api.model
    def _create_partner(self, story):
        installed = dict(self.env["res.lang"].get_installed())
        return self.env["res.partner"].create(
            {
                "name": story["name"],
                "is_company": True,
                "country_id": self.env.ref(story["country"]).id,
                "lang": story.get("lang") if story.get("lang") in installed else False,
                **{
                    field: story.get(field, False)
                    for field in ("street", "zip", "city", "email")
                },
            }
        )

    @api.model
    def _prepare_invoice(self, partner, amount, date_due):
        return {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": date_due - relativedelta(days=30),
            "invoice_date_due": date_due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": self.env._("Goods as delivered"),
                        "quantity": 1,
                        "price_unit": amount,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }

    @api.model
    def _pay(self, invoice, amount):
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create(
            {"amount": amount, "payment_date": invoice.invoice_date_due}
        )._create_payments()

    @api.model
    def _issue_first_run(self, company):
        """Issue a run of some days ago, so that today some are at the second level.

        Its notices count as delivered: the demo must not queue e-mails.
        """
        run = self.env["account.dunning.run"].create(
            {
                "company_id": company.id,
                "date": fields.Date.subtract(
                    company._dunning_today(), days=FIRST_RUN_DAYS
                ),
            }
        )
        run.action_propose()
        run.action_approve()
        run.action_issue()
        run.notice_ids.filtered(lambda notice: notice.state == "issued").write(
            {"delivery_state": "done", "needs_print": False}
        )
