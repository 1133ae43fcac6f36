"""``python -m takeover.oca_trial``: OCA's addon runs for weeks, then ours goes on.

The ledger of the benchmarks, 5,000 open items. OCA's account_credit_control, installed
in the same database, makes its lines in three runs, most of which are marked as sent,
some ignored or left; one customer is not to be followed. Then it is taken over. Where
each item has to stand is read from OCA's own records, by its ORM, line by line.
"""

import argparse
import json
import sys
from collections import Counter
from datetime import timedelta

from bench.ledger import DAY, Ledger, generate

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

ITEMS, DEBTORS = 5_000, 500
RUNS = (0, 45, 65)  # days after that of the ledger
OCA_POLICY = "account_credit_control.credit_control_3_time"


def main():
    options = parse()
    config.parse_config(
        [
            f"--config={options.config}",
            f"--database={options.database}",
            f"--addons-path={options.addons_path}",
        ],
        setup_logging=True,
    )
    registry = Registry.new(
        options.database, update_module=True, install_modules=["account_credit_control"]
    )
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        generate(env, Ledger(items=ITEMS, debtors=DEBTORS))
        user = env.ref("base.user_admin")
        user.group_ids |= env.ref(
            "account_credit_control.group_account_credit_control_manager"
        ) | env.ref("account_dunning_advanced.group_dunning_manager")
        env = env(user=user)
        dun_by_oca(env)
        expected = read_oca(env)
        take_over(env)
        print(json.dumps(compare(env, expected)))


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--config", "--database", "--addons-path"):
        parser.add_argument(name, required=True)
    return parser.parse_args()


def dun_by_oca(env):
    """Three runs of OCA's addon; what a clerk does to its lines after each."""
    policy = env.ref(OCA_POLICY)
    policy.account_ids = env["account.account"].search(
        [("account_type", "=", "asset_receivable")]
    )
    env.company.credit_policy_id = policy
    nobody = env["account.move.line"].search(get_open(env), limit=1).partner_id
    nobody.credit_policy_id = env.ref("account_credit_control.credit_control_no_follow")
    for days in RUNS:
        run = env["credit.control.run"].create(
            {
                "date": DAY + timedelta(days=days),
                "policy_ids": policy.ids,
                "company_id": env.company.id,
            }
        )
        run.generate_credit_lines()
        for state, lines in run.line_ids.grouped(get_state).items():
            env["credit.control.marker"].create(
                {"name": state, "line_ids": lines.ids}
            ).mark_lines()
        # each a request of its own: OCA's statements do not flush
        env.cr.commit()


def get_state(line):
    """Most lines go out; a few are ignored, or still to be sent."""
    return {0: "ignored", 1: "to_be_sent"}.get(line.id % 20, "sent")


def get_open(env):
    return [
        ("company_id", "=", env.company.id),
        ("account_type", "=", "asset_receivable"),
        ("parent_state", "=", "posted"),
        ("reconciled", "=", False),
    ]


def read_oca(env):
    """{item: (name of its level, day)} of open items, as OCA's own records say it."""
    expected = {}
    for item in env["account.move.line"].search(get_open(env)):
        lines = env["credit.control.line"].search(
            [("move_line_id", "=", item.id), ("state", "=", "sent")]
        )
        if lines:
            last = lines.sorted(lambda line: (line.level, line.date))[-1]
            expected[item.id] = (last.policy_level_id.name, last.date_sent or last.date)
    return expected


def take_over(env):
    takeover = env["account.dunning.takeover"].create({"source": "oca_credit_control"})
    takeover.action_read()
    assert not env["account.move.line"].search_count(
        [("dunning_level_id", "!=", False)]
    ), "a dry run has written levels"
    takeover.action_apply()
    env.flush_all()


def compare(env, expected):
    items = env["account.move.line"].search(get_open(env))
    wrong = [
        item.id
        for item in items
        if (item.dunning_level_id.name or None, item.dunning_date or None)
        != expected.get(item.id, (None, None))
    ]
    run = env["account.dunning.run"].create(
        {"date": DAY + timedelta(days=RUNS[-1] + 60)}
    )
    run.action_propose()
    again = [
        verdict.move_line_id.id
        for verdict in run.verdict_ids
        if verdict.reason == "dun"
        and verdict.level_id.sequence <= verdict.move_line_id.dunning_level_id.sequence
    ]
    return {
        "items": len(items),
        "dunned_by_oca": len(expected),
        "levels": Counter(name for name, _day in expected.values()),
        "wrong_levels": len(wrong),
        "reminded_twice": len(again),
        "dunned_next": run.dun_count,
        "held": env["account.dunning.hold"].search_count([]),
    }


if __name__ == "__main__":
    sys.exit(main())
