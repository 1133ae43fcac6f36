"""What the workers do: as the web client, the crons and other users would."""

import logging
import random
import time
from datetime import date
from functools import partial

from odoo import Command, api, fields
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tools import config

_logger = logging.getLogger(__name__)

#: How long another user rests between two acts, at most.
PAUSE = 0.05


def as_request(env, method, *args):
    """Call a method as the web client's call is served: again on a conflict."""
    return retrying(partial(method, *args), env)


# === DUNNING === #


def propose(env, run_id):
    as_request(env, env["account.dunning.run"].browse(run_id).action_propose)


def approve(env, run_id):
    as_request(env, env["account.dunning.run"].browse(run_id).action_approve)


def issue(env, run_id):
    """The Issue button; where issuing has begun already, what the cron does."""
    run = env["account.dunning.run"].browse(run_id)
    if run.issue_started:
        issue_by_cron(env)
    else:
        as_request(env, run.action_issue)


def issue_by_cron(env):
    env = env(user=api.SUPERUSER_ID)
    env["account.dunning.run"]._cron_issue()
    env.cr.commit()


def reverse(env, run_id):
    as_request(env, env["account.dunning.run"].browse(run_id).action_reverse)


def propose_daily(env):
    env = env(user=api.SUPERUSER_ID)
    env["account.dunning.run"]._cron_propose()
    env.cr.commit()


def deliver(env):
    """The delivery cron, with letters that take no time to print."""
    env = env(user=api.SUPERUSER_ID)
    # What is tried out is the queue, not wkhtmltopdf.
    env.registry["account.dunning.notice"]._render_letters = _write_letters
    env["account.dunning.notice"]._cron_deliver()
    env.cr.commit()


def send(env, port):
    """The mail queue's cron, with a mail server that keeps what it is given."""
    config["smtp_server"], config["smtp_port"] = "127.0.0.1", port
    env = env(user=api.SUPERUSER_ID)
    env["mail.mail"].process_email_queue()
    env.cr.commit()


def _write_letters(notices):
    waiting = notices.filtered(lambda notice: not notice.attachment_id)
    for notice in waiting:
        notice._unguarded().attachment_id = notice.env["ir.attachment"].create(
            {
                "name": notice._get_letter_name(),
                "raw": b"%PDF-",
                "res_model": notice._name,
                "res_id": notice.id,
            }
        )


# === OTHER USERS === #


def disturb(env, run_id, acts, seconds):
    """Be a bookkeeper who works on the very items that are being issued."""
    env = env(user=api.SUPERUSER_ID)
    end = time.monotonic() + seconds
    for _number in range(acts):
        if time.monotonic() > end:
            break
        act = random.choice(ACTS)
        item = env["account.move.line"].browse(_choose_item(env, run_id))
        env.cr.commit()
        try:
            as_request(env, act, item)
            _logger.info("did %s", act.__name__)
        except UserError as error:
            # "already reconciled" and the like: another bookkeeper was first
            env.cr.rollback()
            _logger.info("refused %s: %s", act.__name__, error)
        time.sleep(random.uniform(0, PAUSE))


def _choose_item(env, run_id):
    """One of the next items to be issued, where there are any left."""
    env.cr.execute(
        """SELECT line.move_line_id FROM account_dunning_notice_line line
             JOIN account_dunning_notice notice ON notice.id = line.notice_id
            WHERE notice.run_id = %s
            ORDER BY notice.state = 'draft' DESC, notice.partner_id LIMIT 120""",
        (run_id,),
    )
    return random.choice(env.cr.fetchall())[0]


def pay(item):
    _pay(item, 1)


def pay_half(item):
    _pay(item, 0.5)


def _pay(item, share):
    amount = item.currency_id.round(item.amount_residual_currency * share)
    if item.parent_state != "posted" or amount <= 0:
        return
    item.env["account.payment.register"].with_context(
        active_model="account.move.line", active_ids=item.ids
    ).create(
        {"amount": amount, "payment_difference_handling": "open"}
    )._create_payments()


def pay_at_bank(item):
    """A payment of which the ledger knows at once, without a bank statement."""
    if item.parent_state != "posted" or item.amount_residual_currency <= 0:
        return
    bank = item.env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", item.company_id.id)], limit=1
    )
    entry = item.env["account.move"].create(
        {
            "journal_id": bank.id,
            "line_ids": [
                Command.create(
                    {
                        "account_id": account.id,
                        "partner_id": item.partner_id.id,
                        "currency_id": item.currency_id.id,
                        "balance": sign * item.amount_residual,
                        "amount_currency": sign * item.amount_residual_currency,
                    }
                )
                for sign, account in (
                    (1, bank.default_account_id),
                    (-1, item.account_id),
                )
            ],
        }
    )
    entry.action_post()
    counterpart = entry.line_ids.filtered(lambda line: line.balance < 0)
    (item + counterpart).reconcile()


def cancel(item):
    item.move_id.button_draft()
    item.move_id.button_cancel()


def reset_and_post(item):
    if item.parent_state == "posted":
        item.move_id.button_draft()
        item.move_id.action_post()


def unreconcile(item):
    item.remove_move_reconcile()


def post_credit(item):
    refund = item.env["account.move"].create(
        {
            "move_type": "out_refund",
            "partner_id": item.partner_id.id,
            "currency_id": item.currency_id.id,
            "invoice_date": date(2025, 6, 1),
            "invoice_line_ids": [
                Command.create({"name": "x", "price_unit": 5, "tax_ids": []})
            ],
        }
    )
    refund.action_post()


def exclude(item):
    item.no_followup = True


def rename_customer(item):
    item.partner_id.write({"comment": "called", "ref": str(random.random())})


def put_on_hold(item):
    item.env["account.dunning.hold"].create(
        {"move_line_id": item.id, "reason": "called"}
    )


def put_customer_on_hold(item):
    item.env["account.dunning.hold"].create(
        {
            "partner_id": item.partner_id.commercial_partner_id.id,
            "company_id": item.company_id.id,
            "reason": "insolvent",
            "stop": "insolvency",
        }
    )


def dispute(item):
    if item.amount_residual_currency > 0:
        item.env["account.dunning.dispute"].create(
            {"move_line_ids": [Command.set(item.ids)], "tell_customer": False}
        )


def promise(item):
    if item.amount_residual_currency <= 0:
        return
    line = {
        "date": fields.Date.add(item.company_id._dunning_today(), days=5),
        "amount": item.amount_residual_currency,
    }
    item.env["account.dunning.promise"].create(
        {
            "partner_id": item.partner_id.commercial_partner_id.id,
            "move_line_ids": [Command.set(item.ids)],
            "line_ids": [Command.create(line)],
        }
    ).action_confirm()


ACTS = (
    pay,
    pay_half,
    pay_at_bank,
    pay_at_bank,
    cancel,
    reset_and_post,
    unreconcile,
    post_credit,
    exclude,
    rename_customer,
    put_on_hold,
    put_customer_on_hold,
    dispute,
    promise,
)
