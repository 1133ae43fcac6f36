"""Issuing with charges against posting the same invoices through Odoo's ORM.

The steps are processes of their own. The first plans: every level charges interest and
a fee, and a run is proposed and approved. The two sides then start alike, each in a new
process on a fresh copy of that database: one issues the run, the other creates and
posts the very invoices that the notices would bill, as many in a ``create()``. What the
other side writes is worked out before its clock starts, by the addon itself; nothing is
left in it but the ORM.
"""

import time
from contextlib import contextmanager

from odoo.fields import Command

from odoo.addons.account_dunning_advanced.models import account_dunning_run_issue

from .issue import _count_queries
from .ledger import DAY
from .measure import peak_memory, stopwatch

FEE = 5.0


def measure(env, step):
    """Do one step: ``plan``, ``issue`` or ``orm``."""
    return {"plan": plan, "issue": issue, "orm": post_by_orm}[step](env)


# === STEPS === #


def plan(env):
    """Let all levels charge, propose and approve a run.

    :return: what was planned, and the seconds that planning the charges took.
    """
    set_up_charges(env)
    env.cr.commit()
    run = env["account.dunning.run"].create({"date": DAY})
    seconds, charging, queries = [], [], []
    with time_charging(env, charging, queries), stopwatch(seconds):
        run.action_propose()
        env.cr.commit()
    run.action_approve()
    env.cr.commit()
    charges = run.notice_ids.charge_ids
    return {
        "notices": run.notice_count,
        "dunned": run.dun_count,
        "charges": len(charges),
        "seconds": seconds[0],
        "charging_seconds": sum(charging),
        "queries": sorted(queries),
        "memory": peak_memory(),
    }


def issue(env):
    """Issue the approved run, batch by batch with a commit after each.

    :return: seconds, those of the processor that the worker used, the number of
        queries of each batch, and what was billed.
    """
    run = _get_run(env)
    queries, seconds = [], []
    began = time.process_time()
    with _count_queries(type(run), queries), stopwatch(seconds):
        run.action_issue()
        env.cr.commit()
    cpu_seconds = time.process_time() - began
    bills = run.notice_ids.charge_move_id
    return {
        "notices": run.issued_count,
        "seconds": seconds[0],
        "cpu_seconds": cpu_seconds,
        "queries": queries,
        "memory": peak_memory(),
        **sum_up(bills),
    }


def post_by_orm(env):
    """Create and post the invoices of the run's notices, in batches of the same size.

    Quietly and at the same rights as the addon does, which is to Odoo's favour: a
    plain ``create()`` also writes a message for each.

    :return: seconds, the number of queries of each batch, and what was posted.
    """
    batches = list(prepare_batches(_get_run(env)))
    env.flush_all()
    env.cr.commit()
    env.invalidate_all()
    Move = env["account.move"].sudo()
    Move = Move.with_context(tracking_disable=True, mail_create_nosubscribe=True)
    queries, seconds = [], []
    moves = Move.browse()
    began = time.process_time()
    with stopwatch(seconds):
        for vals_list in batches:
            before = env.cr.sql_log_count
            posted = Move.create(vals_list)
            posted._post(soft=False)
            env.flush_all()
            queries.append(env.cr.sql_log_count - before)
            env.cr.commit()
            env.invalidate_all()  # as after each batch of a run
            moves += posted
    cpu_seconds = time.process_time() - began
    return {
        "seconds": seconds[0],
        "cpu_seconds": cpu_seconds,
        "queries": queries,
        "memory": peak_memory(),
        **sum_up(moves),
    }


# === SETTING UP === #


def set_up_charges(env):
    """Let each level of the company's policy charge interest and an agreed fee."""
    company = env.company
    company.dunning_charge_journal_id = env["account.journal"].search(
        [("type", "=", "sale"), ("company_id", "=", company.id)], limit=1
    )
    env["account.dunning.terms"].create(
        {"company_id": company.id, "clause": "General terms, § 7"}
    )
    fee = env["account.dunning.charge"].create(
        {
            "name": "Reminder fee",
            "code": "bench",
            "amount": FEE,
            "currency_id": company.currency_id.id,
        }
    )
    policy = company.dunning_policy_id
    # rates of the last years, three of which may lie within one item's interest
    policy.interest_id = env.ref("account_dunning_advanced.interest_de_b2b")
    # the usual ladder of a country may show charges only
    policy.charge_posting = "post"
    policy.level_ids.write(
        {"charge_interest": True, "charge_ids": [Command.set(fee.ids)]}
    )


# === HELPERS === #


def _get_run(env):
    return env["account.dunning.run"].search([("state", "=", "approved")], limit=1)


def prepare_batches(run):
    """Yield the values of the bills as they will be, in the batches of the run."""
    journal = run.company_id._get_dunning_charge_journal()
    size = account_dunning_run_issue.BATCH_SIZE
    customers = run.notice_ids.partner_id.sorted("id")
    by_customer = run.notice_ids.grouped("partner_id")
    for start in range(0, len(customers), size):
        yield [
            {
                **notice._prepare_bill(journal, notice.charge_ids, notice.date),
                # the other side has no notices, but the same texts
                "dunning_notice_id": False,
                "invoice_origin": f"DUN/{notice.id}",
                "ref": f"DUN/{notice.id}",
            }
            for customer in customers[start : start + size]
            for notice in by_customer[customer]
            if notice.charge_ids
        ]


def sum_up(moves):
    """Return what shows whether both sides have made the same invoices."""
    return {
        "bills": len(moves),
        "bill_lines": len(moves.invoice_line_ids),
        "billed": round(sum(moves.mapped("amount_total_signed")), 2),
        "posted": set(moves.mapped("state")) == {"posted"},
        "taxed": round(sum(moves.mapped("amount_tax_signed")), 2),
    }


@contextmanager
def time_charging(env, seconds, queries):
    """Time and count the queries of each chunk of notices whose charges are planned."""
    model = type(env["account.dunning.charging"])
    original = model._charge

    def timed(charging, notices, **options):
        before = charging.env.cr.sql_log_count
        with stopwatch(seconds):
            original(charging, notices, **options)
        queries.append(charging.env.cr.sql_log_count - before)

    model._charge = timed
    try:
        yield
    finally:
        model._charge = original
