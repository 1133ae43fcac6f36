"""What the books say, before and after: printed as JSON by an Odoo shell."""

import json
from datetime import timedelta

company = env["res.company"].search([("name", "=", "Books to Keep")])  # noqa: F821
env = env(context={**env.context, "allowed_company_ids": company.ids})  # noqa: F821
company = company.with_env(env)
today = company._dunning_today()
policies = env["account.dunning.policy"].search([])
links = env["ir.config_parameter"].get_param("upgrade.link").split()
check = env["account.dunning.check"]._check_company(company)
env["account.dunning.promise"].search([])._judge()
said = {
    # what the next weeks bring
    "verdicts": [
        {**verdict, "days_ahead": days}
        for days in (0, 1, 30)
        for policy in policies
        for verdict in policy.simulate(today + timedelta(days=days))
    ],
    "charges": env["account.dunning.notice.charge"].search([]).mapped("explanation"),
    "promises": [
        (line.promise_id.state, line.state)
        for line in env["account.dunning.promise.line"].search([], order="id")
    ],
    "chain": len(env["account.dunning.contact"]._check_chain(company)),
    "link": env["account.dunning.notice"]
    .browse(int(links[0]))
    ._is_link_valid(links[1]),
    "check": [check.state, check.finding_ids.mapped("text")],
}
print("SAID", json.dumps(said, default=str))
env.cr.rollback()

# --- each screen opens, with what the company has added to one
for name in env.registry:
    if name.startswith(("account.dunning.", "account.legal.")):
        if not env[name]._abstract:
            env[name].get_views([(False, kind) for kind in ("form", "list", "search")])
own = env["ir.ui.view"].search([("name", "=", "the company's own")])
own._check_xml()
arch = env["account.dunning.notice"].get_view(view_type="form")["arch"]
print("SCREENS", own.active and 'name="create_uid"' in arch)

# --- what a look would say if an upgrade had lost how far an item was dunned
item = env["account.move.line"].search([("dunning_level_id", "!=", False)], limit=1)
env.cr.execute(
    "UPDATE account_move_line SET dunning_level_id = NULL WHERE id = %s", [item.id]
)
env.invalidate_all()
check = env["account.dunning.check"]._check_company(company)
lost = {
    "item": item.id,
    "check": [check.state, check.finding_ids.mapped("text")],
}
env.cr.rollback()
print("LOST", json.dumps(lost, default=str))
