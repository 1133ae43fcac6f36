"""What users do with the books in the months before an upgrade.

Read by an Odoo shell of the release, after the books were filled; ``env`` is there.
"""

from datetime import timedelta

from freezegun import freeze_time

from odoo.fields import Command

company = env["res.company"].search([("name", "=", "Books to Keep")])  # noqa: F821
env = env(context={**env.context, "allowed_company_ids": company.ids})  # noqa: F821
company = company.with_env(env)
today = company._dunning_today()
notices = env["account.dunning.notice"].search([], order="id")
items = notices.line_ids.move_line_id.sorted("id")
_legal, promised, kept, coming, disputed, held, linked, paid = items[:8]


def agree(item, day, amount):
    promise = env["account.dunning.promise"].create(
        {
            "partner_id": item.partner_id.id,
            "move_line_ids": [Command.set(item.ids)],
            "line_ids": [Command.create({"date": day, "amount": amount})],
        }
    )
    promise.action_confirm()
    return promise


def pay(item, amount):
    env["account.payment.register"].with_context(
        active_model="account.move.line", active_ids=item.ids
    ).create({"amount": amount, "payment_date": today})._create_payments()


# --- agreements, a dispute, a hold
with freeze_time(today - timedelta(days=10)):
    broken = agree(promised, today - timedelta(days=5), 50)
agree(kept, today + timedelta(days=2), 40)
pay(kept, 40)
agree(coming, today + timedelta(days=35), 60)
pay(paid, 30)
env["account.dunning.promise"]._cron_judge()
env["account.dunning.dispute"].create(
    {
        "partner_id": disputed.partner_id.id,
        "move_line_ids": [Command.set(disputed.ids)],
        "reason_id": env.ref(
            "account_dunning_advanced.account_dunning_dispute_reason_wrong_price"
        ).id,
    }
)
env["account.dunning.hold"].create(
    {
        "partner_id": held.partner_id.id,
        "company_id": company.id,
        "reason": "Waits for our answer",
        "date_from": today,
        "date_to": today + timedelta(days=30),
    }
)

# --- a link that is out in a mail
notice = notices.filtered(lambda notice: linked in notice.line_ids.move_line_id)
env["ir.config_parameter"].set_param(
    "upgrade.link", f"{notice.id} {notice._portal_ensure_token()}"
)

# --- what users edit
policy = company.dunning_policy_id
policy.name = "Our own ladder"
level = policy.level_ids[1]
level.write({"name": "Second call", "delay_days": level.delay_days + 3})
level.with_context(lang="de_DE").write(
    {"name": "Zweiter Anruf", "letter_intro": "<p>Wir schreiben Ihnen selbst.</p>"}
)
template = env.ref("account_dunning_advanced.mail_template_notice")
template.subject = "Our own subject {{ object.name }}"
template.with_context(lang="de_DE").body_html = "<p>Unser eigener Text</p>"
env.ref("account_dunning_advanced.ir_cron_propose").interval_number = 6
env["account.dunning.priority.rule"].search([], limit=1).points += 7
env.ref("account_dunning_advanced.retention_de_letter").copy({"months": 99})
env["ir.ui.view"].create(
    {
        "name": "the company's own",
        "model": "account.dunning.notice",
        "inherit_id": env.ref(
            "account_dunning_advanced.account_dunning_notice_view_form"
        ).id,
        "arch": '<field name="partner_id" position="after">'
        '<field name="create_uid"/></field>',
    }
)

# --- the jobs have run
env["ir.cron"].browse(env["account.dunning.check"]._get_job_ids()).write(
    {"active": True, "nextcall": "2999-01-01"}
)
env.cr.commit()
env["account.dunning.contact"].sudo()._seal(company)
env.cr.commit()
print("USED")
