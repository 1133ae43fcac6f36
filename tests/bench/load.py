"""How the customer's pages bear many visitors: so many requests a second.

An open loop on the loopback, against a real server with two workers: a request is due
at its time, whatever became of those before it, and its time counts from there on. So
what waits because the server is behind is not left out. What the server itself needed
is read in its log: from the begin of a request to its answer, in the worker.

Visitors keep their session, not the connection: Odoo's workers close it. So many are on
the way at once as a proxy before the server would let through; the others wait.
"""

import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from ground import ports

from odoo.tools import config

from .dunned import settle
from .letters import issue, serving
from .portal import create_reader, gather, get_percentile, log_in

WORKERS = 2
AT_ONCE = 12
#: Customers beside the large one; each has so many open items.
ORDINARY = 6
FEWEST, MOST = 10, 50
READERS_OF_LARGE = 4
#: A load that the server does not bear is given up after so many times its seconds.
PATIENCE = 4
PERCENTS = (50, 95, 99)
SERVED = re.compile(
    r'"GET (?P<path>\S+) HTTP/1\.\d" (?P<status>\d+) - '
    r"(?P<queries>\d+) (?P<database>[\d.]+) (?P<rest>[\d.]+)"
)


@dataclass
class Visitor:
    """A portal user who is logged in, or a stranger with the link of a letter."""

    cookie: str
    paths: list[str]


def measure(env, items, seconds, rates):
    """Return, by scenario and rate, what server and visitors saw.

    :param int items: open items of the first company.
    :param int seconds: for so long requests fall due.
    :param rates: so many requests a second.
    """
    customers = _pick_ordinary(env)
    large = gather(env, apart=customers.ids)
    readers = [
        (f"load_{number}", customer)
        for number, customer in enumerate([*customers, *[large] * READERS_OF_LARGE])
    ]
    for login, customer in readers:
        create_reader(env, customer, login)
    env.cr.commit()
    with serving(env):
        notices = {
            notice.partner_id: (notice, notice._portal_ensure_token())
            for notice in issue(env, items).sorted(lambda notice: len(notice.line_ids))
        }
        env.cr.commit()
    paths = {
        customer: _get_paths(*notices.get(customer, (None, None)))
        for customer in [*customers, large]
    }
    open_items = _count_items(env, large)
    env.cr.rollback()
    settle(env)
    results = []
    with _server(env.cr.dbname) as (port, log):
        sessions = {
            login: f"session_id={log_in(login, port).cookies['session_id']}"
            for login, _customer in readers
        }
        ordinary = readers[: len(customers)]
        crowds = {
            "invoices": [
                Visitor(sessions[who], ["/my/invoices"]) for who, _c in ordinary
            ],
            "ordinary": [Visitor(sessions[who], paths[c]) for who, c in ordinary],
            "large": [
                Visitor(sessions[who], paths[large])
                for who, _customer in readers[len(customers) :]
            ],
        }
        for name, visitors in crowds.items():
            _visit_all(visitors, port)
            results += [
                {"name": name, **_load(visitors, rate, seconds, port, log)}
                for rate in rates
            ]
    return {"items": open_items, "seconds": seconds, "loads": results}


def _pick_ordinary(env):
    env.cr.execute(
        """SELECT partner_id
             FROM account_move_line aml
             JOIN res_partner partner ON partner.id = aml.partner_id
            WHERE aml.parent_state = 'posted' AND aml.reconciled IS NOT TRUE
              AND aml.amount_residual > 0 AND aml.company_id = %s
              AND partner.commercial_partner_id = partner.id
            GROUP BY 1 HAVING COUNT(*) BETWEEN %s AND %s
            ORDER BY 1 LIMIT %s""",
        (env.company.id, FEWEST, MOST, ORDINARY),
    )
    return env["res.partner"].browse(partner_id for [partner_id] in env.cr.fetchall())


def _count_items(env, customer):
    Statement = env["account.dunning.statement"].sudo()
    domain = Statement._get_item_domain(customer, env.company)
    return env["account.move.line"].search_count(domain)


def _get_paths(notice, token):
    """Return the pages that a visitor opens in turn: the statement every other time."""
    paths = ["/my/dunning", "/my/dunning/pay"]
    if notice:
        page = f"/my/dunning/notice/{notice.id}"
        scope = f"company={notice.company_id.id}&currency={notice.currency_id.id}"
        paths += [
            "/my/dunning",
            f"{page}?access_token={token}",
            "/my/dunning?filterby=overdue",
            f"/my/dunning/pay?{scope}&choice=overdue",
        ]
    return paths


@contextmanager
def _server(database):
    """Odoo with workers over the database; yields its port and its log."""
    port = ports.next_free(config["http_port"] + 100)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "bench.serve", "--config", config["config"]),
                *("--database", database, "--http-port", str(port)),
                *("--gevent-port", str(port + 1), "--workers", str(WORKERS)),
                *("--max-cron-threads", "0", "--log-level", "info"),
                *("--logfile", str(log)),
            ]
        )
        try:
            _wait_for(port, process)
            yield port, log
        finally:
            process.terminate()
            process.wait(60)


def _wait_for(port, process):
    for _attempt in range(120):
        assert process.poll() is None, "the server has ended"
        try:
            return _get(port, "/web/health", "")
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the server does not answer")


def _visit_all(visitors, port):
    """What is made once by each worker has been made."""
    for _round in range(2 * WORKERS):
        for path in visitors[0].paths:
            assert _get(port, path, visitors[0].cookie) == 200, path


def _load(visitors, rate, seconds, port, log):
    """Offer a load; return its figures, times in milliseconds."""
    count = rate * seconds
    begin = time.perf_counter() + 0.5
    end = begin + PATIENCE * seconds
    offset = log.stat().st_size

    def visit(number):
        due = begin + number / rate
        time.sleep(max(0, due - time.perf_counter()))
        if time.perf_counter() > end:
            return None, 0, 0
        visitor = visitors[number % len(visitors)]
        path = visitor.paths[number // len(visitors) % len(visitor.paths)]
        try:
            status = _get(port, path, visitor.cookie)
        except (OSError, HTTPException):
            status = 0
        done = time.perf_counter()
        return status, 1000 * (done - due), done

    with ThreadPoolExecutor(AT_ONCE) as pool:
        visits = list(pool.map(visit, range(count)))
    answered = [(taken, done) for status, taken, done in visits if status == 200]
    served = _read_log(log, offset)
    return {
        "rate": rate,
        "achieved": len(answered) / (max(done for _t, done in answered) - begin),
        "offered": count,
        "answered": len(answered),
        "given_up": sum(status is None for status, _t, _d in visits),
        "errors": sum(status not in (200, None) for status, _t, _d in visits),
        "server": _get_percentiles(time for time, _queries in served),
        "client": _get_percentiles(taken for taken, _done in answered),
        "queries": sorted(queries for _t, queries in served)[len(served) // 2],
    }


def _read_log(log, offset):
    """Return (milliseconds, queries) of the pages that the server has answered."""
    with log.open(encoding="utf-8") as lines:
        lines.seek(offset)
        return [
            (1000 * (float(row["database"]) + float(row["rest"])), int(row["queries"]))
            for row in map(SERVED.search, lines)
            if row and row["path"].startswith("/my/")
        ]


def _get_percentiles(times):
    times = sorted(times)
    return {f"p{percent}": get_percentile(times, percent) for percent in PERCENTS}


def _get(port, path, cookie):
    """Return the status of a page that has been read to its end."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
