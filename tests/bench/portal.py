"""What the customer's pages cost where one customer has very many open items.

A bounded number of requests on the loopback, two readers at a time, as the server has
two cores. The time of a request is that from sending it to having read the answer.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

import requests

from odoo.fields import Command
from odoo.tools import SQL, config

from .letters import issue, serving

LOGIN = "portal_bench"
READERS = 2
WARM_UP = 3


def measure(env, items, visits):
    """Return the median and the 95th percentile of each page, in milliseconds.

    :param int items: open items of the first company; they get one owner.
    :param int visits: how often each page is opened.
    """
    customer = gather(env)
    create_reader(env, customer, LOGIN)
    env.cr.commit()
    with serving(env):
        notices = issue(env, items)
        notice = max(notices, key=lambda notice: len(notice.line_ids))
        lines = len(notice.line_ids)
        token = notice._portal_ensure_token()
        path = f"/my/dunning/notice/{notice.id}"
        company = notice.company_id.id
        env.cr.commit()
        reader, stranger = log_in(LOGIN), requests.Session()
        query = f"company={company}&currency={notice.currency_id.id}"
        pages = {
            "statement": (reader, "/my/dunning"),
            "search": (reader, "/my/dunning?search=INV&filterby=overdue"),
            "last_page": (reader, "/my/dunning/page/9999"),
            "timeline": (reader, "/my/dunning/timeline"),
            "notice": (reader, path),
            "by_link": (stranger, f"{path}?access_token={token}"),
            "choice": (reader, "/my/dunning/pay"),
            "checkout": (reader, f"/my/dunning/pay?{query}&choice=overdue"),
        }
        # pages made by now are looked at, and commit what they keep of the visit
        env.cr.commit()
        times = {
            name: _visit(session, address, visits)
            for name, (session, address) in pages.items()
        }
    return {"items": items, "lines": lines, "visits": visits, **times}


def gather(env, apart=()):
    """Make all customers addresses of one; return it.

    :param apart: ids of customers that stay what they are.
    """
    env.cr.execute(
        SQL(
            """SELECT commercial_partner_id FROM account_move_line aml
                 JOIN res_partner ON res_partner.id = aml.partner_id
                WHERE commercial_partner_id != ALL(%s)
                GROUP BY 1 ORDER BY COUNT(*) DESC, 1 LIMIT 1""",
            list(apart),
        )
    )
    [owner_id] = env.cr.fetchone()
    env.cr.execute(
        SQL(
            """UPDATE res_partner
                  SET parent_id = %(owner)s, commercial_partner_id = %(owner)s
                WHERE id != %(owner)s AND commercial_partner_id != ALL(%(apart)s)
                  AND commercial_partner_id IN (
                      SELECT partner_id FROM account_move_line
                      UNION SELECT partner.commercial_partner_id
                        FROM account_move_line aml
                        JOIN res_partner partner ON partner.id = aml.partner_id)""",
            owner=owner_id,
            apart=list(apart),
        )
    )
    env.invalidate_all()
    return env["res.partner"].browse(owner_id)


def create_reader(env, customer, login):
    """Make a portal user of a customer; the password is the login."""
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": login,
            "login": login,
            "password": login,
            "partner_id": env["res.partner"]
            .create({"name": login, "parent_id": customer.id})
            .id,
            "group_ids": [Command.set(env.ref("base.group_portal").ids)],
            "company_id": env.company.id,
            "company_ids": [Command.set(env.company.ids)],
        }
    )


def get_address(path, port=None):
    return f"http://127.0.0.1:{port or config['http_port']}{path}"


def log_in(login, port=None):
    """Return a session of a portal user."""
    session = requests.Session()
    address = get_address("/web/login", port)
    page = session.get(address, timeout=120).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    values = {"login": login, "password": login, "csrf_token": token}
    session.post(address, data=values, timeout=120)
    return session


def _visit(session, path, visits):
    for _visit_no in range(WARM_UP):
        _open(session, path)
    with ThreadPoolExecutor(READERS) as pool:
        times = sorted(pool.map(lambda _no: _open(session, path), range(visits)))
    return {"median": times[len(times) // 2], "p95": get_percentile(times, 95)}


def get_percentile(times, percent):
    """Return the smallest of sorted times that so many percent do not exceed."""
    return times[math.ceil(percent / 100 * len(times)) - 1]


def _open(session, path):
    """Return the milliseconds that a page took."""
    start = perf_counter()
    response = session.get(get_address(path), allow_redirects=False, timeout=120)
    response.raise_for_status()
    assert response.status_code == 200, f"{path} leads away"
    return 1000 * (perf_counter() - start)
