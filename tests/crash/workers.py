"""Worker processes that may be killed at any moment.

As Odoo's own server does, one process loads the registry and forks the others. A
worker then starts in milliseconds with connections of its own, so hundreds of kills
take minutes. Each worker shows on a board which step of the work it is in: that is how
one can tell afterwards where the kills hit.
"""

import contextlib
import logging
import mmap
import os
import random
import signal
import sys
import time
from functools import wraps

from odoo import api, sql_db
from odoo.modules.registry import Registry

#: What is told apart, in the order of the work: model, method, jobs that come there.
STEPS = (
    ("account.dunning.run", "_clear_plan", "propose"),
    ("account.dunning.run", "_insert_verdicts", "propose"),
    ("account.dunning.notice", "_insert_from_verdicts", "propose"),
    ("account.dunning.notice.line", "_insert_from_verdicts", "propose"),
    ("account.dunning.debtor", "_refresh", "propose issue reverse"),
    ("account.dunning.run", "_refresh_plan_hash", "propose"),
    ("account.dunning.run", "_check_can_issue", "issue"),
    ("account.dunning.run", "_start_issue", "issue"),
    ("account.dunning.run", "_claim_batch", "issue"),
    ("account.dunning.run", "_lock_items", "issue"),
    ("account.dunning.run", "_assess_again", "issue"),
    ("account.dunning.notice.line", "_recheck", "issue"),
    ("account.dunning.notice", "_apply_recheck", "issue"),
    ("account.dunning.notice", "_number", "issue"),
    ("account.dunning.notice", "_write_issued", "issue"),
    ("account.dunning.run", "_commit_batch", "issue"),
    ("account.dunning.run", "_finish_issue", "issue"),
    ("account.dunning.notice", "_reverse", "reverse"),
    ("account.dunning.notice.line", "_restore_levels", "reverse"),
    ("account.dunning.notice", "_recheck_before_sending", "deliver"),
    ("account.dunning.notice", "_queue_emails", "deliver"),
    ("mail.mail", "_begin_dunning_send", "send"),
    ("ir.mail_server", "send_email", "send"),
    ("mail.mail", "_postprocess_sent_message", "send"),
)
RUN_ISSUE = "account_dunning_advanced.models.account_dunning_run_issue"
BETWEEN = "between the steps"
NOT_BEGUN, BEGUN = 0, 1


def get_steps(job):
    """The numbers of the steps that a job takes."""
    return [
        number
        for number, (_model, _method, jobs) in enumerate(STEPS, start=1)
        if job.__name__ in jobs.split()
    ]


class Worker:
    """A process that does one job in a database.

    :param callable job: called with an environment and ``values``; commits itself.
    :param die_at: (step number, how many times it is reached, at its end or not): the
        worker kills itself there. Random moments hit the long steps; this hits the
        short ones, like the moment after a commit.
    """

    def __init__(self, crew, job, die_at=None, **values):
        self.job = job
        self.log = crew.folder / f"{crew.count:05d}-{job.__name__}.log"
        self._board = mmap.mmap(-1, 2)
        # Connections of the parent must not be used by two processes.
        sql_db.close_all()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            self._live(crew, die_at, values)

    # === IN THE WORKER === #

    def _live(self, crew, die_at, values):
        code = 1
        try:
            random.seed(f"{crew.seed}-{crew.count}")
            self._log_into_file()
            self._watch_steps(crew.database, die_at)
            # Small batches: more of them to die in.
            issue = sys.modules[f"odoo.addons.{RUN_ISSUE}"]
            issue.BATCH_SIZE = crew.batch_size
            with Registry(crew.database).cursor() as cr:
                env = api.Environment(cr, crew.uid, {"lang": "en_US"})
                self._board[0] = BEGUN
                self.job(env, **values)
            code = 0
        except BaseException:
            logging.getLogger(__name__).exception("worker failed")
        finally:
            # Not sys.exit: what the parent has to clean up is not ours.
            os._exit(code)

    def _log_into_file(self):
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(handle, 1)
        os.dup2(handle, 2)

    def _watch_steps(self, database, die_at):
        registry = Registry(database)
        for number, (model, method, _jobs) in enumerate(STEPS, start=1):
            plan = die_at[1:] if die_at and die_at[0] == number else None
            wrapped = self._watched(getattr(registry[model], method), number, plan)
            setattr(registry[model], method, wrapped)

    def _watched(self, method, number, plan):
        times = 0

        @wraps(method)
        def watched(*args, **kwargs):
            nonlocal times
            times += 1
            dies = plan and times == plan[0]
            before, self._board[1] = self._board[1], number
            if dies and not plan[1]:
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args, **kwargs)
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)
            self._board[1] = before
            return result

        return watched

    # === IN THE PARENT === #

    def wait_until_begun(self):
        while self._board[0] == NOT_BEGUN and self.poll() is None:
            time.sleep(0.001)

    def poll(self):
        """The exit code, negative for a signal, or None while it runs."""
        if getattr(self, "code", None) is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def wait(self, seconds=600):
        """The exit code; a worker that hangs is killed and says so."""
        deadline = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > deadline:
                self.kill()
                raise TimeoutError(f"{self.job.__name__} hangs, see {self.log}")
            time.sleep(0.002)
        return self.code

    def kill(self):
        """Whether the worker was still at work and died of it."""
        if self.poll() is not None:
            return self.was_killed
        os.kill(self.pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL

    @property
    def was_killed(self):
        return self.poll() == -signal.SIGKILL

    @property
    def step(self):
        """Where the worker is, or was when it died."""
        number = self._board[1]
        return ".".join(STEPS[number - 1][:2]) if number else BETWEEN

    def read_log(self):
        return self.log.read_text(encoding="utf-8", errors="replace")


class Crew:
    """Makes the workers of one database, and sees that none is left behind."""

    def __init__(self, database, uid, folder, seed, batch_size):
        self.database = database
        self.uid = uid
        self.folder = folder
        self.seed = seed
        self.batch_size = batch_size
        self.count = 0
        self.workers = []

    def start(self, job, die_at=None, **values):
        self.count += 1
        worker = Worker(self, job, die_at, **values)
        self.workers.append(worker)
        return worker

    def finish(self, job, **values):
        """Let a job be done to its end; how many seconds that took."""
        worker = self.start(job, **values)
        worker.wait_until_begun()
        begin = time.monotonic()
        if worker.wait():
            raise AssertionError(f"{job.__name__} failed:\n{worker.read_log()}")
        return time.monotonic() - begin

    def stop(self):
        for worker in self.workers:
            with contextlib.suppress(ChildProcessError):
                worker.kill()
