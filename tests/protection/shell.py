"""Runs scripts in an Odoo shell on a database, and reads its ledger."""

import json
import subprocess
from pathlib import Path

FOLDER = Path(__file__).parent
# All that is posted, line by line, whatever addons there are.
LEDGER = """
    SELECT move.name, move.date::text, move.state, move.move_type, move.payment_state,
           account.code_store::text, line.name, line.debit::text, line.credit::text,
           line.amount_currency::text, line.amount_residual::text, line.reconciled
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      JOIN account_account account ON account.id = line.account_id
     ORDER BY line.id"""
TRIAL_BALANCE = """
    SELECT account.code_store::text, line.company_id, SUM(line.balance)::text
      FROM account_move_line line
      JOIN account_account account ON account.id = line.account_id
     WHERE line.parent_state = 'posted'
     GROUP BY 1, 2 ORDER BY 1, 2"""


def run(ground, database, script):
    """Run a script with ``env``; return what it printed."""
    done = subprocess.run(
        ground.odoo.command(
            *("-m", "odoo", "shell", "--config", ground.odoo.configure(database)),
            *("--database", database, "--no-http", "--log-level", "warn"),
            *("--max-cron-threads", "0"),
        ),
        input=script,
        cwd=ground.settings.checkout,
        env=ground.odoo.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def fill(ground, database):
    """Make books with charges, notices and contacts."""
    # as one piece: the shell reads standard input as a whole
    assert "FILLED" in run(ground, database, (FOLDER / "fill.py").read_text())


def read_ledger(ground, database):
    """Return (journal items, trial balance), as PostgreSQL says them."""
    return tuple(
        json.dumps(ground.databases.execute(query, database=database))
        for query in (LEDGER, TRIAL_BALANCE)
    )
