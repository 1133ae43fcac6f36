"""``python -m crash.servers_trial``: two Odoo servers and queue_job share one run.

Two real servers on one database, each with HTTP workers, a cron worker and the runner
of OCA queue_job, of which one leads. A manager presses Issue through XML-RPC; when a
part of the notices is issued, the leading server is killed with all of its processes
(SIGKILL to the group, as a machine that loses power). The other goes on, and closes the
run. Then the rules of ``invariants`` are read.
"""

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from pathlib import Path

from bench.ledger import DAY
from ground import ports

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tools import config

from .ledger import write_ledger
from .scenarios import Trial
from .workers import Crew

LOGIN, PASSWORD = "crash_manager", "a-long-enough-secret"
SECONDS = 1200
#: Share of the notices that are issued when the leader dies.
KILL_AT = 0.3
SERVER = str(Path(__file__).with_name("odoo_server.py"))
LEADS = re.compile(r"queue job runner ready|database connections ready")


class Server:
    """An Odoo server as an administrator starts it, in a process group of its own."""

    def __init__(self, options, number, folder):
        self.port = ports.next_free(8200 + 10 * number)
        self.log = folder / f"server-{number}.log"
        self.process = subprocess.Popen(
            [
                *(sys.executable, SERVER, f"--config={options.config}"),
                *(f"--database={options.database}", f"--http-port={self.port}"),
                *("--workers=2", "--max-cron-threads=1", f"--logfile={self.log}"),
                *("--load=base,rpc,web,queue_job", "--no-database-list"),
                # on a busy machine nothing but the kill may end a worker
                *(f"--limit-time-real={SECONDS}", f"--limit-time-cpu={SECONDS}"),
                f"--gevent-port={ports.next_free(8205 + 10 * number)}",
            ],
            env={
                **os.environ,
                "ODOO_QUEUE_JOB_CHANNELS": "root:2",
                "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
                "ODOO_QUEUE_JOB_PORT": str(self.port),
            },
            start_new_session=True,
        )

    def call(self, database, uid, model, method, *args):
        proxy = xmlrpc.client.ServerProxy(
            f"http://127.0.0.1:{self.port}/xmlrpc/2/object", allow_none=True
        )
        return proxy.execute_kw(database, uid, PASSWORD, model, method, list(args))

    def wait_until_up(self):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError):
                common = f"http://127.0.0.1:{self.port}/xmlrpc/2/common"
                return xmlrpc.client.ServerProxy(common).version()
            time.sleep(0.2)
        raise AssertionError(f"the server does not answer:\n{self.read_log()}")

    def read_log(self):
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def leads(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return bool(LEADS.search(text))

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def main():
    options = parse()
    config.parse_config(
        [f"--config={options.config}", f"--database={options.database}"],
        setup_logging=True,
    )
    Registry.new(options.database, update_module=True, install_modules=["queue_job"])
    company_id, manager_id = write_ledger(
        options.database, options.items, options.debtors
    )
    with Registry(options.database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["res.users"].browse(manager_id).password = PASSWORD
        # what else a server does at night is not the matter here
        jobs = env["ir.cron"].search([])
        jobs -= env.ref("account_dunning_advanced.ir_cron_issue")
        jobs.active = False
    folder = Path(tempfile.mkdtemp(prefix="servers-"))
    trial = Trial(Crew(options.database, manager_id, folder, 1, 500), company_id)
    servers = []
    with contextlib.closing(trial.connection):
        try:
            servers += [Server(options, number, folder) for number in (1, 2)]
            carry_out(trial, servers, options)
        finally:
            for server in servers:
                server.kill()


def parse():
    parser = argparse.ArgumentParser(prog="crash servers", description=__doc__)
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--items", type=int, default=45_000)
    parser.add_argument("--debtors", type=int, default=15_000)
    return parser.parse_args()


def carry_out(trial, servers, options):
    for server in servers:
        server.wait_until_up()
    leader, other = wait_for_leader(servers)
    run_id = trial.make_run(DAY)
    for method in ("action_propose", "action_approve", "action_issue_button"):
        # as a user who meets the one server or the other
        server = other if method == "action_approve" else leader
        server.call(
            options.database,
            trial.manager_id,
            "account.dunning.run",
            method,
            [run_id],
        )
    [(notices,)] = trial.execute(
        "SELECT COUNT(*) FROM account_dunning_notice WHERE run_id = %s", run_id
    )
    begin = time.monotonic()
    before = wait_until_issued(trial, run_id, notices * KILL_AT)
    leader.kill()
    trial.check()
    wait_until_issued(trial, run_id, notices)
    wait_until_closed(trial, run_id, other)
    seconds = time.monotonic() - begin
    trial.check(run_id)
    jobs = dict(trial.execute("SELECT state, COUNT(*) FROM queue_job GROUP BY 1"))
    print(
        f"{notices} notices issued in {seconds:.0f} s by two servers, one of them"
        f" killed after {before}; jobs: {jobs}"
    )


def wait_for_leader(servers):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        leading = [server for server in servers if server.leads()]
        if leading:
            [other] = [server for server in servers if server is not leading[0]]
            return leading[0], other
        time.sleep(0.2)
    raise AssertionError(f"no runner of queue_job leads:\n{servers[0].read_log()}")


def wait_until_issued(trial, run_id, wanted):
    """Return how many notices are issued or dropped, once they are that many."""
    end = time.monotonic() + SECONDS
    done = -1
    while time.monotonic() < end:
        [(done,)] = trial.execute(
            """SELECT COUNT(*) FROM account_dunning_notice
                WHERE run_id = %s AND state != 'draft'""",
            run_id,
        )
        if done >= wanted:
            return done
        time.sleep(0.1)
    raise AssertionError(f"{done} of {wanted} notices after {SECONDS} s")


def wait_until_closed(trial, run_id, server):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if trial.get_state(run_id)[0] == "issued":
            return
        time.sleep(0.2)
    raise AssertionError(f"the run is not closed:\n{server.read_log()}")


if __name__ == "__main__":
    main()
