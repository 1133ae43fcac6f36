"""Fill a database as a user would: invoices, a run with charges, letters, contacts.

Read by an Odoo shell; ``env`` is there. Ends with a commit.
"""

from datetime import timedelta

from odoo.fields import Command

company = env["res.company"].create(  # noqa: F821
    {
        "name": "Books to Keep",
        "currency_id": env.ref("base.EUR").id,  # noqa: F821
        "country_id": env.ref("base.de").id,  # noqa: F821
        "street": "1 Ledger Lane",
        "email": "books@example.com",
    }
)
env.ref("base.EUR").active = True  # noqa: F821
env.user.write({"company_ids": [Command.link(company.id)]})  # noqa: F821
env = env(context={**env.context, "allowed_company_ids": company.ids})  # noqa: F821
env["account.chart.template"].try_loading(
    "generic_coa", company=company, install_demo=False
)
company = company.with_env(env)
today = company._dunning_today()
company.dunning_charge_journal_id = env["account.journal"].search(
    [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
)
fee = env["account.dunning.charge"].create(
    {
        "name": "Reminder fee",
        "code": "keep-fee",
        "currency_id": company.currency_id.id,
        "amount": 5,
    }
)
env["account.dunning.terms"].create(
    {"company_id": company.id, "clause": "General terms, § 7"}
)
company.dunning_policy_id.charge_posting = "post"
company.dunning_policy_id.level_ids.write({"charge_ids": [Command.set(fee.ids)]})
for number in range(10):
    partner = env["res.partner"].create(
        {
            "name": f"Customer {number}",
            "is_company": True,
            "email": f"customer{number}@example.com",
            "street": f"{number} Overdue Road",
            "country_id": env.ref("base.de").id,
        }
    )
    due = today - timedelta(days=20 + number)
    invoice = env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": partner.id,
            "invoice_date": due - timedelta(days=30),
            "invoice_date_due": due,
            "invoice_payment_term_id": False,
            "invoice_line_ids": [
                Command.create(
                    {"name": "Goods", "price_unit": 100 + number, "tax_ids": False}
                )
            ],
        }
    )
    invoice.action_post()
run = env["account.dunning.run"].create({"company_id": company.id, "date": today})
run.action_propose()
run.action_approve()
run.action_issue()
assert run.state == "issued", run.state
assert len(run.notice_ids) == 10, len(run.notice_ids)
assert all(run.notice_ids.mapped("charge_move_id")), "charges are billed"
for notice in run.notice_ids[:2]:
    # what stands in a letter is no matter here, where it is kept is
    notice.sudo()._unguarded().attachment_id = env["ir.attachment"].create(
        {
            "name": f"{notice.name}.pdf",
            "raw": b"%PDF-1.4 " + notice.name.encode(),
            "res_model": notice._name,
            "res_id": notice.id,
        }
    )
for notice in run.notice_ids:
    env["account.dunning.contact"].create(
        {"partner_id": notice.partner_id.id, "channel": "call", "outcome": "reached"}
    )
if "account.legal.case" in env:
    items = run.notice_ids[:1].line_ids.move_line_id
    case = env["account.legal.case"].create(
        {
            "partner_id": items.partner_id.id,
            "company_id": company.id,
            "early_reason": "to be taken along",
            "move_line_ids": [Command.set(items.ids)],
        }
    )
    case.action_open()
env.cr.commit()
env["account.dunning.contact"].sudo()._seal(company)
env.cr.commit()
print("FILLED")
