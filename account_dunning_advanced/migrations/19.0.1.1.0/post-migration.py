"""The e-mail of a notice names the factor to whom the claims belong.

Mail templates are the users' once they are there, and an update leaves them alone. So
each language of the text is renewed here if it is still the one that we shipped.
"""

import hashlib
import logging

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import SQL, file_path

_logger = logging.getLogger(__name__)

TEMPLATE = "mail_template_notice"
#: Digests of the texts of 19.0.1.0.0, without blanks: en, de, fr, ja, ko.
SHIPPED = {
    "846c524b450b3396",
    "839a84991f588194",
    "4dd5c0b9e9f70475",
    "c0e0c50e1bd2a788",
    "59c49b0262ae969e",
}


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    template = env.ref(f"account_dunning_advanced.{TEMPLATE}", raise_if_not_found=False)
    if not template:
        return
    cr.execute(SQL("SELECT body_html FROM mail_template WHERE id = %s", template.id))
    texts = cr.fetchone()[0] or {}
    shipped = [lang for lang, text in texts.items() if _digest(text) in SHIPPED]
    # Odoo fills languages that are missing from our translations, after this script
    cr.execute(
        SQL(
            "UPDATE mail_template SET body_html = body_html - %s WHERE id = %s",
            [lang for lang in shipped if lang != "en_US"],
            template.id,
        )
    )
    template.invalidate_recordset(["body_html"], flush=False)
    if "en_US" in shipped:
        template.body_html = _read_text()
    own = sorted(texts.keys() - set(shipped))
    if own:
        _logger.info(
            "The e-mail of notices was edited (%s) and stays as it is. Where a factor's"
            " claims are dunned, let it say so: object._get_creditor_sentence()",
            ", ".join(own),
        )


def _digest(text):
    return hashlib.sha256("".join(text.split()).encode()).hexdigest()[:16]


def _read_text():
    """Return the text of the data file."""
    tree = etree.parse(
        file_path("account_dunning_advanced/data/mail_template_data.xml")
    )
    (field,) = tree.xpath(f"//record[@id='{TEMPLATE}']/field[@name='body_html']")
    return "".join(etree.tostring(part, encoding="unicode") for part in field)
