"""Which pictures there are: the page, the window, who looks, and what is clicked."""

from dataclasses import dataclass
from pathlib import Path

DESK = (1280, 800)
PHONE = (390, 844)
ADVANCED = "account_dunning_advanced"
LEGAL = "account_dunning_legal"
PORTAL = "account_dunning_portal"


@dataclass(frozen=True)
class Picture:
    """One picture.

    :param name: of its file, without the ending.
    :param place: path on the server, or of a PDF's file; ``{words}`` are what
        ``tell()`` returned.
    :param who: ``admin``, ``customer``, or nobody for pages behind a link.
    :param clicks: what is clicked before: CSS selectors, in order.
    :param show: CSS selector of what has to be there before the picture is taken.
    :param top: CSS selector of what is to be at the upper edge.
    :param addon: whose ``static/description`` gets it, too.
    """

    name: str
    place: str
    who: str | None = "admin"
    window: tuple = DESK
    clicks: tuple = ()
    show: str = ".o_view_controller"
    top: str | None = None
    addon: str | None = None
    is_pdf: bool = False

    def paths(self, checkout, folder=None):
        """Return where the picture goes: one folder, or where the sources want it."""
        file = f"{self.name}.png"
        if folder:
            return [Path(folder, file)]
        paths = [Path(checkout, "docs/pictures", file)]
        if self.addon:
            paths.append(Path(checkout, self.addon, "static/description", file))
        return paths


def _page(name):
    """Return the selector of a page's tab in a form."""
    return f".o_notebook_headers [name={name}]"


PICTURES = (
    # === COLLECTOR === #
    Picture("worklist", "/odoo/dunning-worklist", show=".o_data_row", addon=ADVANCED),
    Picture("debtor", "/odoo/debtors/{debtor}", addon=ADVANCED),
    Picture(
        "debtor-priority",
        "/odoo/debtors/{debtor}",
        clicks=(_page("priority"),),
        top=".o_notebook",
    ),
    Picture("run", "/odoo/dunning-runs/{run}"),
    Picture(
        "run-reasons",
        "/odoo/dunning-runs/{run}",
        clicks=("button[name=action_view_verdicts]",),
        show=".o_component_with_search_panel .o_data_row",
        addon=ADVANCED,
    ),
    Picture("notice", "/odoo/dunning-notices/{notice}"),
    Picture(
        "notice-charges",
        "/odoo/dunning-notices/{notice}",
        clicks=(_page("charges"),),
    ),
    Picture("letter", "{letter}", is_pdf=True),
    Picture(
        "call",
        "/odoo/debtors/{debtor}",
        clicks=("button[name=action_call]",),
        show=".modal .o_form_view",
    ),
    Picture(
        "promise-dialog",
        "/odoo/debtors/{debtor}",
        clicks=("button[name=action_promise]",),
        show=".modal .o_form_view",
    ),
    Picture("agreement", "/odoo/dunning-agreements/{promise}"),
    Picture(
        "dispute-dialog",
        "/odoo/debtors/{debtor}",
        clicks=("button[name=action_dispute]",),
        show=".modal .o_form_view",
    ),
    Picture("dispute", "/odoo/dunning-disputes/{dispute}"),
    Picture("reply", "/odoo/dunning-replies/{reply}"),
    Picture(
        "hold-dialog",
        "/odoo/debtors/{debtor}",
        clicks=("button[name=action_hold]",),
        show=".modal .o_form_view",
    ),
    Picture(
        "set-off",
        "/odoo/debtors/{credited}",
        clicks=("button[name=action_allocate]",),
        show=".modal .o_form_view",
    ),
    # === MANAGER === #
    Picture("policy", "/odoo/dunning-policies/{policy}"),
    Picture(
        "level",
        "/odoo/dunning-policies/{policy}",
        clicks=(".o_data_row:nth-child(2) td[name=name]",),
        show=".modal .o_form_view, .o_form_view",
    ),
    Picture("aging", "/odoo/receivables-aging", show=".o_view_controller"),
    Picture("figures", "/odoo/collection-figures/{figures}"),
    Picture("forecast", "/odoo/receipts-forecast/{forecast}"),
    Picture("write-off", "/odoo/write-offs/{writeoff}"),
    Picture("self-check", "/odoo/dunning-check/{check}"),
    # === LEGAL CLERK === #
    Picture("cases", "/odoo/legal-cases", show=".o_kanban_record, .o_data_row"),
    Picture("case", "/odoo/legal-cases/{case}", addon=LEGAL),
    Picture(
        "case-account",
        "/odoo/legal-cases/{case}",
        clicks=(_page("claims"),),
        top=".o_notebook",
        addon=LEGAL,
    ),
    Picture("procedure", "/odoo/legal-procedures/{procedure}", addon=LEGAL),
    Picture(
        "limitation",
        "/odoo/legal-limitation",
        clicks=(".o_group_header",),
        show=".o_data_row",
    ),
    # === CUSTOMER === #
    Picture(
        "portal", "/my/dunning", who="customer", show="[name=to_pay]", addon=PORTAL
    ),
    Picture(
        "portal-phone",
        "/my/dunning",
        who="customer",
        window=PHONE,
        show="[name=to_pay]",
    ),
    Picture("portal-notice", "{link}", who=None, show="[name=to_pay]", addon=PORTAL),
    Picture(
        "portal-notice-phone",
        "{link}",
        who=None,
        window=PHONE,
        show="[name=to_pay]",
    ),
    Picture(
        "portal-promise",
        "{link}",
        who=None,
        clicks=("a[href*='/promise']",),
        show="form",
    ),
    Picture(
        "portal-dispute",
        "{link}",
        who=None,
        clicks=("a[href*='/dispute']",),
        show="form",
    ),
    Picture(
        "verify",
        "{verify}",
        who=None,
        clicks=("form button[type=submit]",),
        show="[name=genuine]",
    ),
    Picture("wishes", "/my/dunning/contact", who="customer", show="form"),
)
