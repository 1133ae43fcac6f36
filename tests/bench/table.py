"""The results as Markdown tables, ready for the README. Needs no Odoo."""


def as_markdown(results):
    """Return the tables of the measurements that were made, ratios first."""
    writers = {
        "propose": _write_propose,
        "oca": _write_oca,
        "issue": _write_issue,
        "charge": _write_charge,
        "letters": _write_letters,
        "mails": _write_mails,
        "screens": _write_screens,
        "portal": _write_portal,
        "load": _write_load,
        "aging": _write_aging,
    }
    return "\n".join(
        write(results[name]) for name, write in writers.items() if name in results
    )


def _write_propose(rows):
    return _table(
        (
            "open items",
            "notices",
            "propose / bare `INSERT … SELECT`",
            "propose",
            "bare",
            "an item",
            "memory of the worker",
        ),
        [
            (
                f"{row['items']:,}",
                f"{row['notices']:,}",
                f"**{row['seconds'] / row['bare_seconds']:.2f}**",
                f"{row['seconds']:.2f} s",
                f"{row['bare_seconds']:.2f} s",
                f"{1e6 * row['seconds'] / row['items']:.0f} µs",
                f"{row['memory']:.0f} MiB",
            )
            for row in rows
        ],
    )


def _write_oca(row):
    theirs = row["oca_lines_seconds"] + row["oca_communications_seconds"]
    return _table(
        ("", "OCA account_credit_control", "propose", "times faster"),
        [
            (
                f"{row['items']:,} open items, {row['debtors']:,} debtors",
                f"{row['oca_lines_seconds']:.1f} s for {row['oca_lines']:,} lines +"
                f" {row['oca_communications_seconds']:.1f} s for"
                f" {row['oca_communications']:,} communications",
                f"{row['seconds']:.2f} s for {row['items']:,} verdicts,"
                f" {row['dunned']:,} lines and {row['notices']:,} notices",
                f"**{theirs / row['seconds']:.0f}**",
            )
        ],
    )


def _write_issue(row):
    queries = row["queries"] or [0]
    return _table(
        ("notices", "a notice", "queries a batch", "memory of the worker"),
        [
            (
                f"{row['notices']:,}",
                f"**{1000 * row['seconds'] / row['notices']:.2f} ms**",
                f"{queries[0]} to {queries[-1]}",
                f"{row['memory']:.0f} MiB",
            )
        ],
    )


def _write_charge(row):
    plan, issue, orm = row["plan"], row["issue"], row["orm"]
    head = (
        "bills",
        "issue with charges / create and post by ORM",
        "by the worker's CPU",
        "issue, a notice",
        "ORM, an invoice",
        "queries a batch",
        "by ORM",
        "planning the charges, an item",
        "queries a chunk",
    )
    return _table(
        head,
        [
            (
                f"{issue['bills']:,} with {issue['bill_lines']:,} lines",
                f"**{issue['seconds'] / orm['seconds']:.2f}**",
                f"{issue['cpu_seconds'] / orm['cpu_seconds']:.2f}",
                f"{1000 * issue['seconds'] / issue['notices']:.1f} ms",
                f"{1000 * orm['seconds'] / orm['bills']:.1f} ms",
                # the last batch is not a whole one
                f"{max(issue['queries'])}",
                f"{max(orm['queries'])}",
                f"{1000 * plan['charging_seconds'] / plan['dunned']:.2f} ms",
                f"{max(plan['queries'])}",
            )
        ],
    )


def _write_letters(row):
    light = row["light_seconds"] / row["sample"]
    stock = row["stock_seconds"] / row["sample"]
    theirs = row["oca_seconds"] / row["oca_sample"]
    return _table(
        (
            "letters as PDF",
            "times faster than Odoo's own way",
            "by processor time",
            "than OCA's letter",
            "a letter",
            "Odoo's own way",
            "OCA's letter",
            "memory of the worker, before and after",
            "of wkhtmltopdf",
        ),
        [
            (
                f"{row['letters']:,} in {row['seconds']:.0f} s",
                f"**{stock / light:.1f}**",
                f"{row['stock_cpu_seconds'] / row['light_cpu_seconds']:.1f}",
                f"{theirs / light:.1f}",
                f"{1000 * light:.0f} ms",
                f"{1000 * stock:.0f} ms",
                f"{1000 * theirs:.0f} ms",
                f"{row['memory_before']:.0f}, {row['memory']:.0f} MiB",
                f"{row['program_memory']:.0f} MiB",
            )
        ],
    )


def _write_mails(row):
    ours = row["seconds"] / row["mails"]
    theirs = row["oca_seconds"] / row["oca_mails"]
    return _table(
        (
            "e-mails with PDF queued",
            "times faster than OCA",
            "a second",
            "an e-mail",
            "OCA, an e-mail",
            "memory of the worker",
        ),
        [
            (
                f"{row['mails']:,}",
                f"**{theirs / ours:.1f}**",
                f"{1 / ours:.1f}",
                f"{1000 * ours:.0f} ms",
                f"{1000 * theirs:.0f} ms",
                f"{row['memory']:.0f} MiB",
            )
        ],
    )


def _write_screens(row):
    labels = {
        "run": "a run",
        "runs": "list of runs",
        "notices_list": "notices of the run",
        "verdicts_list": "verdicts of the run",
        "debtors_list": "debtors",
        "worklist": "worklist",
        "debtor": "a debtor",
        "invoice": "an invoice",
    }
    return _table(
        (f"opening, with {row['items']:,} items and {row['notices']:,} notices", "ms"),
        [(label, f"{row[name]:.0f}") for name, label in labels.items()],
    )


def _write_portal(row):
    labels = {
        "statement": "the statement",
        "search": "the statement, searched",
        "last_page": "its last page",
        "timeline": "the timeline",
        "notice": f"a notice of {row['lines']:,} lines",
        "by_link": "the same by link",
        "choice": "what to pay",
        "checkout": "paying what is overdue",
    }
    return _table(
        (f"a customer with {row['items']:,} items opens", "median ms", "p95 ms"),
        [
            (label, f"{row[name]['median']:.0f}", f"{row[name]['p95']:.0f}")
            for name, label in labels.items()
        ],
    )


def _write_load(result):
    labels = {
        "invoices": "Odoo's `/my/invoices`, ordinary customers",
        "ordinary": "dunning pages, ordinary customers",
        "large": f"dunning pages, a customer with {result['items']:,} items",
    }
    stock = {
        load["rate"]: load for load in result["loads"] if load["name"] == "invoices"
    }
    return _table(
        (
            "who opens what",
            "offered / s",
            "answered / s",
            "server ms p50, p95, p99",
            "client ms p50, p95, p99",
            "server p95 / Odoo's page",
            "queries",
            "errors",
            "given up",
        ),
        [
            (
                labels[load["name"]],
                str(load["rate"]),
                f"{load['achieved']:.1f}",
                _write_percentiles(load["server"]),
                _write_percentiles(load["client"]),
                f"{load['server']['p95'] / stock[load['rate']]['server']['p95']:.2f}",
                str(load["queries"]),
                str(load["errors"]),
                str(load["given_up"]),
            )
            for load in result["loads"]
        ],
    )


def _write_percentiles(times):
    return ", ".join(f"{time:.0f}" for time in times.values())


def _write_aging(rows):
    return _table(
        (
            "open items",
            "aging by age as of a past day / bare sum of the residuals",
            "as of a past day, by customer and age",
            "by age",
            "as of today",
            "bare sum",
            "as a spreadsheet",
            "memory of the worker, before and after",
        ),
        [
            (
                f"{row['items']:,}",
                f"**{row['total_seconds'] / row['bare_seconds']:.1f}**",
                f"**{row['past_seconds']:.2f} s** for {row['groups']:,} sums",
                f"**{row['total_seconds']:.2f} s**",
                f"{row['today_seconds']:.2f} s",
                f"{row['bare_seconds']:.2f} s",
                f"{row['rows']:,} rows in {row['xlsx_seconds']:.0f} s",
                f"{row['memory_before']:.0f}, {row['memory']:.0f} MiB",
            )
            for row in rows
        ],
    )


def _table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
