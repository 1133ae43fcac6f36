"""Letters as PDF: printed lightly, against Odoo's own way and OCA's letter.

All sides print in one process against one server, in turns, so that the ratios are of
one machine at one time. Odoo's own way and OCA's letter get as many in a call as they
bear: wkhtmltopdf crashes at 200.
"""

import itertools
import resource

from ground import ports
from ground.inside import server

from odoo.tools import config, split_every

from . import oca
from .ledger import DAY
from .measure import peak_memory, stopwatch

REPORT = "account_dunning_advanced.account_dunning_notice_report"
OCA_REPORT = "account_credit_control.report_credit_control_summary"
STOCK_AT_ONCE = 50
LIGHT_AT_ONCE = 50


def measure(env, items, debtors, letters, stock_letters, rounds):
    """Print letters each way.

    :param int letters: how many lightly, at last all in a row.
    :param int stock_letters: how many Odoo's own way and as OCA's letter, each round.
    """
    with serving(env):
        notices = issue(env, letters)
        communications = oca.make_communications(env)[:stock_letters]
        some = notices[:stock_letters]
        sides = {
            "light": lambda: print_notices(some, LIGHT_AT_ONCE),
            "stock": lambda: print_notices(
                some.with_context(dunning_stock_printing=True), STOCK_AT_ONCE
            ),
            "oca": lambda: print_all(communications, OCA_REPORT, STOCK_AT_ONCE),
        }
        for side in sides.values():  # stylesheets and templates are made once
            side()
        seconds = {name: [] for name in sides}
        cpu = {name: [] for name in sides}
        for _round, (name, side) in itertools.product(range(rounds), sides.items()):
            before = cpu_seconds()
            with stopwatch(seconds[name]):
                side()
            cpu[name].append(cpu_seconds() - before)
        before, all_seconds = peak_memory(), []
        with stopwatch(all_seconds):
            print_notices(notices, LIGHT_AT_ONCE)
    return {
        "letters": len(notices),
        "sample": len(some),
        "oca_sample": len(communications),
        "seconds": all_seconds[0],
        "light_seconds": min(seconds["light"]),
        "stock_seconds": min(seconds["stock"]),
        "oca_seconds": min(seconds["oca"]),
        **{f"{name}_cpu_seconds": min(cpu[name]) for name in sides},
        "memory_before": before,
        "memory": peak_memory(),
        "program_memory": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    }


def cpu_seconds():
    """Processor time of this process and of the programs it has run."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(
            resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
    )


class serving:
    """A server that the letters can fetch their styles from, while the block runs."""

    def __init__(self, env):
        self.env = env

    def __enter__(self):
        port = ports.next_free(config["http_port"])
        config["http_port"] = port
        server.start()
        server.set_address(self.env, f"http://127.0.0.1:{port}")

    def __exit__(self, *_error):
        """It ends with the process: stopping it would close our own connection."""


def issue(env, letters):
    """Issue a run; return so many of its notices."""
    run = env["account.dunning.run"].create({"date": DAY})
    run.action_propose()
    run.action_approve()
    run.action_issue()
    env.cr.commit()  # the letters are printed by another request
    return run.notice_ids.filtered(lambda notice: notice.state == "issued")[:letters]


def print_notices(notices, at_once):
    print_all(notices.with_context(report_pdf_no_attachment=True), REPORT, at_once)


def print_all(records, report, at_once):
    reports = records.env["ir.actions.report"]
    for ids in split_every(at_once, records.ids, list):
        streams = reports._render_qweb_pdf_prepare_streams(report, {}, ids)
        assert len(streams) >= len(ids), f"{len(ids) - len(streams)} letters missing"
        records.env.invalidate_all()
