"""What the web client asks for when a person opens the screens of a large run."""

from copy import deepcopy

from lxml import etree

from .ledger import DAY
from .measure import stopwatch

TIMES = 5
#: Rows of a list that does not say how many.
LIST_LIMIT = 80


def measure(env):
    """Return the median milliseconds of each screen."""
    run = env["account.dunning.run"].create({"date": DAY})
    run.action_propose()
    env.cr.commit()  # each opening is a request of its own
    debtor = env["account.dunning.debtor"].search([], limit=1)
    invoice = (
        env["account.dunning.notice.line"]
        .search([("run_id", "=", run.id)], limit=1)
        .move_id
    )
    return {
        "notices": run.notice_count,
        "items": run.item_count,
        "run": _time(env, lambda: _open_form(run)),
        "runs": _time(env, lambda: _open_list(env["account.dunning.run"])),
        "notices_list": _time(
            env,
            lambda: _open_list(
                env["account.dunning.notice"], [("run_id", "=", run.id)]
            ),
        ),
        "verdicts_list": _time(
            env,
            lambda: _open_list(
                env["account.dunning.verdict"], [("run_id", "=", run.id)]
            ),
        ),
        "debtors_list": _time(env, lambda: _open_list(env["account.dunning.debtor"])),
        "worklist": _time(
            env,
            lambda: _open_list(
                env["account.dunning.debtor"],
                [
                    ("amount_overdue", ">", 0),
                    "|",
                    ("is_mine", "=", True),
                    ("user_id", "=", False),
                ],
            ),
        ),
        "debtor": _time(env, lambda: _open_form(debtor)),
        "invoice": _time(env, lambda: _open_form(invoice)),
    }


def _time(env, work):
    seconds = []
    for _time in range(TIMES):
        env.invalidate_all()
        with stopwatch(seconds):
            work()
    return 1000 * sorted(seconds)[TIMES // 2]


def _open_form(record):
    return record.web_read(_read_arch(record, _get_arch(record, "form")))


def _open_list(model, domain=()):
    arch = _get_arch(model, "list")
    limit = int(arch.get("limit", LIST_LIMIT))
    return model.web_search_read(list(domain), _read_arch(model, arch), limit=limit)


def _get_arch(model, view_type):
    return etree.fromstring(model.get_view(view_type=view_type)["arch"])


def _read_arch(model, arch):
    """What the client reads of the fields of a view."""
    specification = {}
    for node in arch.iterfind(".//field"):
        if next(node.iterancestors("field"), None) is not None:
            continue
        name = node.get("name")
        field = model._fields.get(name)
        if field is None:
            continue
        wanted = specification.setdefault(name, {})
        if field.type == "many2one":
            wanted["fields"] = {"display_name": {}}
        elif field.type in ("one2many", "many2many"):
            _read_sub_list(model, node, field, wanted)
    return specification


def _read_sub_list(model, node, field, wanted):
    if node.get("invisible") in ("1", "True"):
        return
    sub_list = node.find("list")
    if sub_list is not None:
        wanted["fields"] = _read_arch(model.env[field.comodel_name], deepcopy(sub_list))
        wanted["limit"] = int(sub_list.get("limit", 40))
    elif field.type == "many2many":
        wanted["fields"] = {"display_name": {}}
