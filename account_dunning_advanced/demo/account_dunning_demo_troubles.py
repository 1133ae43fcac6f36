from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.fields import Command

WRONG_PRICE = "account_dunning_advanced.account_dunning_dispute_reason_wrong_price"
# Customers with a past, and what it shows: (name, city, paid invoices as (amount, days
# since the due date, days paid late), open invoices as (amount, days since due)).
PASTS = {
    "good": (
        "Evergreen Garden Supply",
        "Eugene",
        [(640, 200, -2), (720, 140, 0), (810, 80, -1), (690, 45, -3)],
        [(760, -12)],
    ),
    "forgetful": (
        "Dandelion Florist",
        "Savannah",
        [(310, 210, 24), (290, 150, 19), (330, 100, 22), (280, 60, 25)],
        [(345, 14)],
    ),
    "disputing": ("Granite Tools Inc.", "Pittsburgh", [(1900, 120, 3)], [(2750, 33)]),
    "insolvent": (
        "Old Mill Bakery",
        "Toledo",
        [(450, 240, 40)],
        [(1320, 75), (880, 48)],
    ),
    "promising": ("Sunset Surf Rentals", "San Diego", [(520, 160, 30)], [(1640, 38)]),
    "keeping": ("Lakeside Hotel", "Duluth", [(2100, 130, 6)], [(3200, 27)]),
}


class AccountDunningDemoTroubles(models.AbstractModel):
    """Demo data: customers whose past explains what to do with them today."""

    _inherit = "account.dunning.demo"

    @api.model
    def _load(self):
        result = super()._load()
        company = self.env.ref("base.main_company")
        demo = self.with_company(company)
        people = {kind: demo._tell_past(past) for kind, past in PASTS.items()}
        today = company._dunning_today()
        demo._dispute(*people["disputing"])
        demo._stop(*people["insolvent"], today)
        demo._promise(*people["promising"], today, days=-12)
        demo._promise(*people["keeping"], today, days=6)
        demo._note_call(people["forgetful"][0], today)
        demo.env["account.dunning.debtor"]._refresh(company)
        return result

    @api.model
    def _tell_past(self, past):
        """Make a customer with what was paid, and when, and what is open.

        :return: the customer and the open invoices.
        """
        name, city, paid, still_open = past
        partner = self._create_partner(
            {
                "name": name,
                "country": "base.us",
                "street": "1 Market Square",
                "city": city,
                "email": f"{name.split()[0].lower()}@example.com",
            }
        )
        today = self.env.company._dunning_today()
        for amount, days, late in paid:
            due = today - relativedelta(days=days)
            invoice = self._post(partner, amount, due)
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create(
                {"payment_date": due + relativedelta(days=late)}
            )._create_payments()
        invoices = self.env["account.move"].union(
            *(
                self._post(partner, amount, today - relativedelta(days=days))
                for amount, days in still_open
            )
        )
        return partner, invoices

    @api.model
    def _post(self, partner, amount, due):
        vals = self._prepare_invoice(partner, amount, due)
        invoice = self.env["account.move"].create(vals)
        invoice.action_post()
        return invoice

    @api.model
    def _get_items(self, invoices):
        return invoices.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )

    @api.model
    def _dispute(self, partner, invoices):
        self.env["account.dunning.dispute"].create(
            {
                "partner_id": partner.id,
                "move_line_ids": [Command.set(self._get_items(invoices).ids)],
                "reason_id": self.env.ref(WRONG_PRICE).id,
                "description": self.env._("The discount of the offer is missing."),
            }
        )

    @api.model
    def _stop(self, partner, _invoices, today):
        self.env["account.dunning.hold"].create(
            {
                "partner_id": partner.id,
                "reason": self.env._("Insolvency proceedings opened"),
                "stop": "insolvency",
                "date_from": today,
            }
        )

    @api.model
    def _promise(self, partner, invoices, today, days):
        """Take a promise for a day; one for a past day is broken by now."""
        due = today + relativedelta(days=days)
        items = self._get_items(invoices)
        promise = self.env["account.dunning.promise"].create(
            {
                "partner_id": partner.id,
                "move_line_ids": [Command.set(items.ids)],
                "line_ids": [
                    Command.create(
                        {
                            "date": max(due, today),
                            "amount": sum(items.mapped("amount_residual")),
                        }
                    )
                ],
                "channel": "call",
            }
        )
        promise.action_confirm()
        if due < today:
            promise.line_ids._unguarded().date = due
            promise._unguarded().date = due - relativedelta(days=10)
            promise._judge()

    @api.model
    def _note_call(self, partner, today):
        self.env["account.dunning.contact"].create(
            {
                "company_id": self.env.company.id,
                "partner_id": partner.id,
                "date": today - relativedelta(days=5),
                "channel": "call",
                "outcome": "reached",
                "note": self.env._("Forgot again; pays when the reminder comes."),
                "by_hand": True,
            }
        )
