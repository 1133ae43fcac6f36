"""Aging as of today and of a past day, and as a spreadsheet, against a bare sum.

The bare side adds up today's residuals of the same items by the same index: what no
report that reads every item can go below.
"""

import tempfile
from datetime import timedelta

from odoo.tools import SQL

from .ledger import DAY
from .measure import peak_memory, stopwatch

#: Most of the ledger's items were there already, and some payments came later.
PAST = DAY - timedelta(days=30)


def measure(env, items, rounds):
    """Aging by customer and age group; the best of the rounds counts.

    :return: seconds of each side, rows of the spreadsheet and the memory of the
        process in MiB before and after it was written.
    """
    seconds = {name: [] for name in ("bare", "total", "today", "past", "xlsx")}
    for _round in range(rounds):
        with stopwatch(seconds["bare"]):
            _sum_bare(env)
        env.invalidate_all()
        with stopwatch(seconds["total"]):
            _read_aging(env, PAST, ["bucket_id"])
        env.invalidate_all()
        with stopwatch(seconds["today"]):
            today = _read_aging(env, DAY)
        env.invalidate_all()
        with stopwatch(seconds["past"]):
            groups = _read_aging(env, PAST)
    before = peak_memory()
    export = env["account.dunning.export"].create(
        {"kind": "aging", "date": PAST, "company_ids": env.company.ids}
    )
    with stopwatch(seconds["xlsx"]), tempfile.TemporaryFile() as file:
        rows = export._write_xlsx(file)
    return {
        "items": items,
        "aged": sum(amount for _partner, _bucket, amount in today),
        "groups": len(groups),
        "rows": rows,
        **{f"{name}_seconds": min(times) for name, times in seconds.items()},
        "memory_before": before,
        "memory": peak_memory(),
    }


def _sum_bare(env):
    accounts = env["account.dunning.assessment"]._get_receivable_accounts(env.company)
    return env.execute_query(
        SQL(
            """SELECT SUM(amount_residual) FROM account_move_line
                WHERE reconciled IS NOT TRUE AND account_id = ANY(%s)
                  AND company_id = %s AND parent_state = 'posted'""",
            accounts.ids,
            env.company.id,
        )
    )


def _read_aging(env, day, groups=("partner_id", "bucket_id")):
    return (
        env["account.dunning.aging"]
        .with_context(dunning_aging_date=day, allowed_company_ids=env.company.ids)
        ._read_group([], groups, ["amount:sum"])
    )
