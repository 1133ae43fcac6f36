"""The customers of a ledger as contacts that can be written to."""

import re

#: Reserved by RFC 2606: no mail to it can ever reach anybody.
MAIL_DOMAIN = "example.com"


def get_customers(books, rows):
    """Return ({customer number: partner}, how many of them are new).

    A contact that already bears the number as its reference is taken as it is.
    """
    first_rows = {}
    for row in rows:
        first_rows.setdefault(row.customer, row)
    partners = _find_partners(books, list(first_rows))
    missing = [row for number, row in first_rows.items() if number not in partners]
    countries = _find_countries(books, missing)
    created = books.env["res.partner"].create(
        [
            _prepare_partner_vals(books, row, countries, place)
            for place, row in enumerate(missing, start=1)
        ]
    )
    partners.update(zip((row.customer for row in missing), created, strict=True))
    return partners, len(created)


def _find_partners(books, numbers):
    found = books.env["res.partner"].search(
        [
            ("ref", "in", numbers),
            ("parent_id", "=", False),
            ("company_id", "in", (False, books.company.id)),
        ],
        order="id desc",
    )
    return {partner.ref: partner for partner in found}


def _find_countries(books, rows):
    codes = [row.region.upper() for row in rows if row.region]
    found = books.env["res.country"].search([("code", "in", codes)])
    return {country.code: country for country in found}


def _prepare_partner_vals(books, row, countries, place):
    country = (
        countries.get(row.region.upper())
        or books.company.country_id
        or books.env.ref("base.us")
    )
    return {
        "name": row.name or f"Customer {row.customer}",
        "ref": row.customer,
        "is_company": True,
        "company_id": books.company.id,
        "customer_rank": 1,
        "email": f"{_slug(row.customer)}@{MAIL_DOMAIN}",
        "street": f"{place} Ledger Street",
        # A region that is no country's code is an opaque key: it is kept where it
        # can be seen and grouped by, and promises nothing about the law there.
        "city": f"Region {row.region}" if row.region else "Example City",
        "country_id": country.id,
        "lang": books.env.user.lang,
        "property_payment_term_id": False,
    }


def _slug(number):
    return re.sub(r"[^a-z0-9]+", "-", number.lower()).strip("-") or "customer"
