"""The same ledger dunned by OCA's account_credit_control and by a dunning run.

OCA's addon makes a line an item and then a communication a customer, level and
currency; a run makes a verdict an item, and a notice a customer and currency with its
lines. OCA judges items by their due date alone: it has no reasons, no credits, no
minimums. Its levels are its own, so all overdue items get its first one.
"""

from .ledger import DAY
from .measure import stopwatch

POLICY = "account_credit_control.credit_control_3_time"


def measure(env, items, debtors):
    ours, lines, communications = [], [], []
    run = env["account.dunning.run"].create({"date": DAY})
    env.cr.commit()
    with stopwatch(ours):
        run.action_propose()
        env.cr.commit()
    theirs = prepare(env)
    with stopwatch(lines):
        theirs.generate_credit_lines()
        env.cr.commit()
    theirs.set_to_ready_lines()  # a click of the user
    env.cr.commit()
    with stopwatch(communications):
        made = env["credit.control.communication"]._generate_comm_from_credit_lines(
            theirs.line_ids
        )
        env.cr.commit()
    return {
        "items": items,
        "debtors": debtors,
        "seconds": ours[0],
        "notices": run.notice_count,
        "dunned": run.dun_count,
        "oca_lines": len(theirs.line_ids),
        "oca_communications": len(made),
        "oca_lines_seconds": lines[0],
        "oca_communications_seconds": communications[0],
    }


def prepare(env):
    """Set OCA's addon up so that it takes every overdue receivable item."""
    env.user.group_ids |= env.ref(
        "account_credit_control.group_account_credit_control_manager"
    )
    policy = env.ref(POLICY)
    policy.account_ids = env["account.account"].search(
        [("account_type", "=", "asset_receivable")]
    )
    env.company.credit_policy_id = policy
    run = env["credit.control.run"].create(
        {"date": DAY, "policy_ids": policy.ids, "company_id": env.company.id}
    )
    env.cr.commit()
    return run


def make_communications(env):
    """OCA's communications over the whole ledger, ready to be printed or mailed."""
    run = prepare(env)
    run.generate_credit_lines()
    run.set_to_ready_lines()
    made = env["credit.control.communication"]._generate_comm_from_credit_lines(
        run.line_ids
    )
    env.cr.commit()
    return made
