"""The part of ``./setup/run`` that happens within Odoo; its order comes as JSON."""

import json
import sys
from pathlib import Path

from odoo.tools import SQL

from .. import files
from . import report, server
from .main_job import MainJob
from .smtp_sink import MailSink

INTERRUPTED = 130


def main(order):
    folder = Path(order["folder"])
    with MailSink(folder / "mails") as sink:
        server.configure(
            order["config"],
            http_port=order["port"],
            smtp_port=sink.port,
            logfile=order["log"],
        )
        running = server.start()
        try:
            with files.lock(Path(order["lock"])):
                carry_out_main_job(order, folder)
        except KeyboardInterrupt:
            running.stop()
            sys.exit(INTERRUPTED)
        except BaseException:
            running.stop()
            raise
        if order["serve"]:
            say(f"    Serving until Ctrl-C; its log is {order['log']}")
            server.serve_until_stopped(running)
        else:
            running.stop()


def carry_out_main_job(order, folder):
    address = f"http://127.0.0.1:{order['port']}"
    with server.environment(order["database"]) as env:
        server.set_address(env, address)
        if order["ledger"]:
            import_ledger(env, **order["ledger"])
        say("==> The main job: propose, approve and issue a run; letters; mails")
        job = MainJob(env, folder, say)
        run = job.carry_out()
        say()
        for line in report.lines(run):
            say(line)
        say()
        letters = len(list(job.letters.glob("*.pdf")))
        mails = len(list((folder / "mails").glob("*.eml")))
        say(f"  {letters} letters (PDF): {job.letters}")
        say(f"  {mails} e-mails:         {folder / 'mails'}")
        say(f"  Odoo:               {address}/odoo  login admin, password admin")
        say()


def import_ledger(env, key, path, as_of, mapping):
    """Imports a ledger once: the key tells the next call that it is there."""
    from ledger import import_ledger

    say(f"==> Importing {path}")
    shown = {}

    def progress(what, done, total):
        if done == total or done * 10 // total != shown.get(what):
            shown[what] = done * 10 // total
            say(f"    {what}: {done} of {total}")

    counts = import_ledger(env, path, as_of, mapping=mapping, progress=progress)
    for line in counts.lines():
        say(f"    {line}")
    env.cr.execute(
        SQL("COMMENT ON DATABASE %s IS %s", SQL.identifier(env.cr.dbname), key)
    )
    env.cr.commit()  # the ledger stays, whatever becomes of the run


def say(text=""):
    print(text, flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
