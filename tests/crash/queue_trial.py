"""``python -m crash.queue_trial``: a run issued by jobs of OCA queue_job.

The module is installed into the database first. Jobs are performed as its runner
does, each in a process of its own, several at once; one is killed. Whatever happens to
jobs, the cron that they wake issues the rest and closes the run.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

from psycopg2 import OperationalError

from odoo.modules.registry import Registry
from odoo.tools import config

from . import jobs
from .ledger import write_ledger
from .scenarios import DAY, Trial
from .workers import RUN_ISSUE, Crew

ITEMS, DEBTORS, BATCH_SIZE = 300, 100, 10
WORKERS = 2


def press_issue(env, run_id):
    """The Issue button, with a threshold that this small run is above."""
    sys.modules[f"odoo.addons.{RUN_ISSUE}"].BACKGROUND_FROM = BATCH_SIZE
    run = env["account.dunning.run"].browse(run_id)
    action = jobs.as_request(env, run.action_issue_button)
    assert action["tag"] == "display_notification", action


def perform(env, uuids):
    """Perform jobs one by one, again on a conflict, as queue_job's runner does."""
    from odoo.addons.queue_job.job import Job

    for uuid in uuids:
        while True:
            try:
                job = Job.load(env, uuid)
                job.set_started()
                job.store()
                env.cr.commit()
                job.perform()
                job.set_done()
                job.store()
                env.flush_all()
                env.cr.commit()
                break
            except OperationalError:
                env.cr.rollback()
                env.transaction.reset()


def main():
    options = parse()
    config.parse_config(
        [f"--config={options.config}", f"--database={options.database}"],
        setup_logging=True,
    )
    Registry.new(options.database, update_module=True, install_modules=["queue_job"])
    company_id, manager_id = write_ledger(options.database, ITEMS, DEBTORS)
    folder = Path(tempfile.mkdtemp(prefix="crash-"))
    crew = Crew(options.database, manager_id, folder, 1, BATCH_SIZE)
    trial = Trial(crew, company_id)
    with contextlib.closing(trial.connection):
        try:
            carry_out(trial)
        finally:
            crew.stop()


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", required=True)
    parser.add_argument("--database", required=True)
    return parser.parse_args()


def carry_out(trial):
    run_id = trial.make_run(DAY)
    for job in (jobs.propose, jobs.approve, press_issue):
        trial.finish(job, run_id=run_id)
    uuids = [
        uuid for (uuid,) in trial.execute("SELECT uuid FROM queue_job ORDER BY id")
    ]
    [(notices,)] = trial.execute(
        "SELECT COUNT(*) FROM account_dunning_notice WHERE run_id = %s", run_id
    )
    assert len(uuids) == -(-notices // BATCH_SIZE), (len(uuids), notices)
    assert trial.get_state(run_id) == ("approved", True)

    victim = trial.crew.start(perform, uuids=uuids[:2])
    victim.wait_until_begun()
    time.sleep(0.1)
    victim.kill()
    trial.check()
    at_work = [
        trial.crew.start(perform, uuids=uuids[2 + number :: WORKERS])
        for number in range(WORKERS)
    ]
    for worker in at_work:
        assert not worker.wait(), worker.read_log()
    trial.check()
    trial.finish(jobs.issue_by_cron)
    trial.check(run_id)
    states = trial.execute("SELECT state, COUNT(*) FROM queue_job GROUP BY 1")
    print(f"{notices} notices issued; jobs: {dict(states)}")


if __name__ == "__main__":
    main()
