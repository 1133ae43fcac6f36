"""The short report on a run, as lines of text."""

from collections import defaultdict


def lines(run):
    yield f"{run.display_name}: {run.state}"
    yield ""
    yield from _table(
        ("Open items by reason", "items", "open", "dunned", ""), _reason_rows(run)
    )
    yield ""
    yield from _table(
        ("Notices by level", "notices", "", "total", ""), _level_rows(run)
    )


def _reason_rows(run):
    labels = dict(run.verdict_ids._fields["reason"]._description_selection(run.env))
    sums = defaultdict(lambda: [0, 0.0, 0.0])
    for verdict in run.verdict_ids:
        found = sums[verdict.reason, verdict.move_line_id.currency_id]
        found[0] += 1
        found[1] += verdict.amount_residual
        found[2] += verdict.amount_dunned
    order = list(labels)
    for (reason, currency), (count, residual, dunned) in sorted(
        sums.items(), key=lambda row: (order.index(row[0][0]), row[0][1].name)
    ):
        label = f"{reason} ({labels[reason]})"
        yield label, count, f"{residual:,.2f}", f"{dunned:,.2f}", currency.name


def _level_rows(run):
    sums = defaultdict(lambda: [0, 0.0])
    for notice in run.notice_ids.filtered(lambda notice: notice.state == "issued"):
        found = sums[notice.level_id, notice.currency_id]
        found[0] += 1
        found[1] += notice.amount_total
    for (level, currency), (count, total) in sorted(
        sums.items(), key=lambda row: (row[0][0].sequence, row[0][0].id, row[0][1].name)
    ):
        label = f"{level.policy_id.name}: {level.name}"
        yield label, count, "", f"{total:,.2f}", currency.name


def _table(head, rows):
    for first, count, residual, total, currency in (head, *rows):
        yield f"  {first:<44.44} {count:>7} {residual:>15} {total:>15} {currency}"
