"""What is tried: kills in propose, issue, reverse and delivery, and a crowd at work."""

import random
import re
import time
from collections import Counter
from datetime import timedelta

import psycopg2
from bench.ledger import DAY
from ground.inside.smtp_sink import MailSink

from odoo import sql_db

from . import invariants, jobs
from .workers import get_steps

#: Days between two runs: more than any interval of the default policy.
STEP_DAYS = 10
#: Runs up the ladder; then they are reversed and the climb begins anew.
CLIMB = 3
#: What the log says when a conflict is met and the work is done again.
RETRIED = re.compile(r"batch met (\w+)|(\w+), \d tries left")


class Trial:
    """One database with a ledger, its crew, and what has been seen."""

    def __init__(self, crew, company_id):
        self.crew = crew
        self.random = random.Random(crew.seed)
        self.company_id = company_id
        self.manager_id = crew.uid
        self.kills = Counter()
        self.steps = Counter()
        self.figures = Counter()
        self.retried = Counter()
        self.seconds = {}
        sql_db.close_all()
        _name, parameters = sql_db.connection_info_for(crew.database)
        self.connection = psycopg2.connect(**parameters)
        self.connection.set_session("REPEATABLE READ")
        self.execute(invariants.AUDIT)

    # === DATABASE === #

    def execute(self, query, *values):
        with self.connection, self.connection.cursor() as cr:
            cr.execute(query, values or None)
            return cr.fetchall() if cr.description else None

    def check(self, run_id=None):
        invariants.check(self.connection, invariants.RULES)
        if run_id:
            invariants.check(self.connection, invariants.FINISHED, run=run_id)

    def make_run(self, day):
        [(run_id,)] = self.execute(
            """INSERT INTO account_dunning_run (
                   company_id, date, state, approval_scope, user_id,
                   create_uid, write_uid, create_date, write_date)
               VALUES (%s, %s, 'draft', 'all', %s, %s, %s, NOW(), NOW())
               RETURNING id""",
            self.company_id,
            day,
            *[self.manager_id] * 3,
        )
        return run_id

    def get_state(self, run_id):
        [row] = self.execute(
            "SELECT state, issue_started IS NOT NULL FROM account_dunning_run"
            " WHERE id = %s",
            run_id,
        )
        return row

    def wait_for_the_dead(self):
        """Until the server has noticed that its clients are gone."""
        while self.execute(
            """SELECT 1 FROM pg_stat_activity WHERE datname = CURRENT_DATABASE()
                  AND pid != PG_BACKEND_PID() AND backend_type = 'client backend'"""
        ):
            time.sleep(0.01)

    # === KILLS === #

    def survive(self, job, kills, share=1, **values):
        """Start a job again and again, kill it each time, and see that all is well.

        Three of four die at a random moment, the others at a random step's begin or
        end. One that has done its job before it dies is no kill.
        """
        for _number in range(kills):
            name = job.__name__
            die_at = None
            if not self.random.randrange(4):
                step = self.random.choice(get_steps(job))
                die_at = (step, self.random.randint(1, 4), self.random.random() < 0.5)
            worker = self.crew.start(job, die_at=die_at, **values)
            worker.wait_until_begun()
            if die_at:
                worker.wait()
            else:
                time.sleep(self.random.uniform(0, self.seconds.get(name, 1) * share))
            killed = worker.kill()
            if not killed and worker.code:
                raise AssertionError(f"{name} failed:\n{worker.read_log()}")
            self.count_retries(worker)
            if killed:
                self.kills[name] += 1
                self.steps[worker.step] += 1
            self.check()
            # The next often comes while the server still holds the dead one's locks.
            if name != "issue" or self.random.randrange(2):
                self.wait_for_the_dead()
            if not killed:
                break

    def finish(self, job, **values):
        took = self.crew.finish(job, **values)
        self.seconds[job.__name__] = max(took, self.seconds.get(job.__name__, 0))
        self.count_retries(self.crew.workers[-1])

    def count_retries(self, worker):
        for found in RETRIED.finditer(worker.read_log()):
            whose = "of a batch" if found[1] else "of a request"
            self.retried[f"{whose}, {found[1] or found[2]}"] += 1

    def issue_to_the_end(self, run_id):
        """Go on as the cron does until the run is closed."""
        for _try in range(20):
            if self.get_state(run_id)[0] == "issued":
                return
            self.wait_for_the_dead()
            self.finish(jobs.issue, run_id=run_id)
        raise AssertionError(f"run {run_id} is not issued after 20 workers")

    def run_once(self, day, kills):
        """One run from the proposal to its end, with so many kills on the way."""
        run_id = self.make_run(day)
        of_propose = min(kills, self.random.randint(1, 3))
        self.survive(jobs.propose, of_propose, run_id=run_id)
        if self.get_state(run_id)[0] == "draft":
            self.finish(jobs.propose, run_id=run_id)
        self.finish(jobs.approve, run_id=run_id)
        share = 1.5 / max(kills - of_propose, 1)
        self.survive(jobs.issue, kills - of_propose, share=share, run_id=run_id)
        self.wait_for_the_dead()
        self.issue_to_the_end(run_id)
        self.check(run_id)
        self.expect_nothing_more(day)
        self.figures["runs"] += 1
        return run_id

    def expect_nothing_more(self, day):
        """A second run on the day finds nothing."""
        again = self.make_run(day)
        self.finish(jobs.propose, run_id=again)
        found = self.execute(
            "SELECT move_line_id FROM account_dunning_notice_line WHERE run_id = %s",
            again,
        )
        if found:
            raise AssertionError(f"a second run on {day} would dun {found[:5]}")
        self.execute("DELETE FROM account_dunning_verdict WHERE run_id = %s", again)
        self.execute("DELETE FROM account_dunning_run WHERE id = %s", again)

    def kill_rounds(self, kills, per_run=12):
        """Climb the ladder run by run, take the runs back, until enough have died."""
        self.calibrate()
        climbed = []
        while self.kills.total() < kills or climbed:
            left = max(kills - self.kills.total(), 0)
            if len(climbed) == CLIMB or (climbed and not left):
                self.survive(jobs.reverse, min(left, 1), run_id=climbed[-1])
                if self.get_state(climbed[-1])[0] == "issued":
                    self.finish(jobs.reverse, run_id=climbed[-1])
                self.check()
                climbed.pop()
            else:
                day = DAY + timedelta(days=STEP_DAYS * len(climbed))
                climbed.append(self.run_once(day, min(left, per_run)))

    def calibrate(self):
        """Measure undisturbed work, so that kills are spread over all of it.

        The rules that all else is held against are tried out on the same run.
        """
        run_id = self.run_once(DAY, 0)
        invariants.prove(self.connection)
        self.finish(jobs.reverse, run_id=run_id)
        self.check()

    # === A CROWD === #

    def crowd(self, workers, users, seconds, kills=0):
        """Several workers on one run while other users work on the same items.

        :param int kills: how many of the workers are killed and replaced on the way.
        """
        run_id = self.make_run(DAY)
        self.finish(jobs.propose, run_id=run_id)
        self.finish(jobs.approve, run_id=run_id)
        first = self.crew.start(jobs.issue, run_id=run_id)
        while not self.get_state(run_id)[1] and first.poll() is None:
            time.sleep(0.005)
        crowd = [
            self.crew.start(jobs.disturb, run_id=run_id, acts=40, seconds=seconds)
            for _user in range(users)
        ]
        at_work = [
            first,
            *(self.crew.start(jobs.issue_by_cron) for _number in range(workers - 1)),
        ]
        for _number in range(kills):
            time.sleep(self.random.uniform(0, 0.4))
            victim = at_work.pop(self.random.randrange(len(at_work)))
            if victim.kill():
                self.kills["issue in a crowd"] += 1
                self.steps[victim.step] += 1
            elif victim.code:
                raise AssertionError(f"a worker failed:\n{victim.read_log()}")
            at_work.append(self.crew.start(jobs.issue_by_cron))
        for worker in [*at_work, *crowd]:
            if worker.wait():
                raise AssertionError(f"a process failed:\n{worker.read_log()}")
            self.count_retries(worker)
        alone = self.get_state(run_id)[0] == "issued"
        self.figures["runs closed by the crowd itself"] += alone
        self.issue_to_the_end(run_id)
        self.check(run_id)
        self.count_acts(crowd)
        self.figures["runs in a crowd"] += 1
        self.finish(jobs.reverse, run_id=run_id)
        self.check()

    def daily(self, users, seconds, days=3):
        """The daily proposal while other users work: a conflict is no failure."""
        self.execute("UPDATE res_company SET dunning_daily = id = %s", self.company_id)
        [(run_id,)] = self.execute("SELECT MAX(id) FROM account_dunning_run")
        crowd = [
            self.crew.start(jobs.disturb, run_id=run_id, acts=40, seconds=seconds)
            for _user in range(users)
        ]
        for _day in range(days):
            self.finish(jobs.propose_daily)
            if "proposal failed" in self.crew.workers[-1].read_log():
                raise AssertionError(self.crew.workers[-1].read_log())
            self.figures["daily proposals"] += 1
        for worker in crowd:
            if worker.wait():
                raise AssertionError(f"a process failed:\n{worker.read_log()}")
        self.count_acts(crowd)
        [(count,)] = self.execute(
            "SELECT COUNT(*) FROM account_dunning_run WHERE is_automatic"
        )
        if count != 1:
            raise AssertionError(f"{count} daily runs instead of one")
        self.check()

    def count_acts(self, crowd):
        for worker in crowd:
            log = worker.read_log()
            self.figures["acts of other users"] += len(re.findall(r": did \w+", log))
            self.figures["acts refused"] += len(re.findall(r": refused \w+", log))

    # === DELIVERY === #

    def deliver(self, kills):
        """Kill the delivery in mid-queue; in the end each notice has one mail."""
        run_id = self.make_run(DAY)
        for job in (jobs.propose, jobs.approve, jobs.issue):
            self.finish(job, run_id=run_id)
        self.seconds.setdefault("deliver", 6)
        self.survive(jobs.deliver, kills, share=1.5 / max(kills, 1))
        self.wait_for_the_dead()
        # two at once: the cron, and a user who sends by hand
        pair = [self.crew.start(jobs.deliver) for _number in range(2)]
        for worker in pair:
            if worker.wait():
                raise AssertionError(f"delivery failed:\n{worker.read_log()}")
            self.count_retries(worker)
        self.finish(jobs.deliver)
        self.check(run_id)
        pending = self.execute(
            """SELECT id, delivery_state, delivery_note FROM account_dunning_notice
                WHERE run_id = %s AND state = 'issued'
                  AND delivery_state NOT IN ('done', 'skipped')""",
            run_id,
        )
        if pending:
            raise AssertionError(f"not delivered: {pending[:5]}")
        [(mails,)] = self.execute(
            """SELECT COUNT(*) FROM mail_mail mail JOIN mail_message message
                   ON message.id = mail.mail_message_id
                JOIN account_dunning_notice notice ON notice.id = message.res_id
                WHERE message.model = 'account.dunning.notice' AND run_id = %s""",
            run_id,
        )
        self.figures["mails queued"] += mails
        self.send(run_id, kills)
        self.finish(jobs.reverse, run_id=run_id)

    def send(self, run_id, kills):
        """Kill the mail queue; no customer gets a mail twice, none is lost unseen.

        A mail that was on its way when its worker died is left to a person: it may
        have arrived or not.
        """
        self.seconds.setdefault("send", 6)
        with MailSink(self.crew.folder / "mails") as sink:
            self.survive(jobs.send, kills, share=1.5 / max(kills, 1), port=sink.port)
            self.wait_for_the_dead()
            self.finish(jobs.send, port=sink.port)
            arrived = Counter(message["Subject"] for message in sink.messages)
        for name, mail_state in self.execute(
            """SELECT name, mail_state FROM account_dunning_notice
                WHERE run_id = %s AND state = 'issued' AND mail_state IS NOT NULL""",
            run_id,
        ):
            times = sum(count for text, count in arrived.items() if name in text)
            if times > 1 or (mail_state, times) in (("sent", 0), ("queued", 0)):
                raise AssertionError(f"{name}: {mail_state}, arrived {times} times")
            self.figures[f"mails {mail_state}, arrived {times} times"] += 1

    # === REPORT === #

    def report(self):
        yield f"kills: {self.kills.total()}"
        for name, count in self.kills.most_common():
            yield f"    {count:5d} in {name.replace('_', ' ')}"
        yield "where they hit:"
        for step, count in self.steps.most_common():
            yield f"    {count:5d} {step}"
        if self.retried:
            yield "conflicts that were retried:"
        for name, count in self.retried.most_common():
            yield f"    {count:5d} {name}"
        for name, count in self.figures.items():
            yield f"{name}: {count}"
        yield f"numbers lost to kills and conflicts: {self.get_gaps()}"
        yield f"workers: {self.crew.count}"

    def get_gaps(self):
        return invariants.count_gaps(self.connection)
