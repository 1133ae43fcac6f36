import base64
import hashlib
from urllib.parse import urlencode

from markupsafe import Markup

from odoo import api, models
from odoo.tools import consteq, hmac

from ..engine.qr import to_svg
from ..engine.sent_text import clean_text
from .account_dunning_notice import PORTAL_STATES

#: Crockford's: no letter that is taken for a figure or another letter.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: What people read wrongly, as it is meant.
MISREAD = str.maketrans("OIL", "011")
CODE_LENGTH = 10


class AccountDunningNoticeCode(models.Model):
    """The code on the letter, by which its holder checks that it is genuine."""

    # a room of its own: is it ours
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === BUSINESS METHODS === #

    def _get_code(self):
        """Return the code that is printed on the letter, e.g. ``4F7QK-09XTD``.

        It covers what a letter never loses: number, date and company. The amount is
        shown to the holder instead, for the system may correct it after printing, and
        the letter is ours all the same.
        """
        self.ensure_one()
        message = (self.id, self.name, str(self.date), self.company_id.id)
        digest = hmac(
            self.env(su=True), "account_dunning_portal-code", message, hashlib.sha256
        )
        number = int(digest, 16)
        code = ""
        for _position in range(CODE_LENGTH):
            number, rest = divmod(number, len(ALPHABET))
            code += ALPHABET[rest]
        return f"{code[:5]}-{code[5:]}"

    @api.model
    def _normalize_code(self, code):
        """Return a code as typed in the form in which codes are compared."""
        typed = "".join(char for char in (code or "")[:40].upper() if char.isalnum())
        # comparing in constant time takes ASCII alone
        return typed.translate(MISREAD).encode("ascii", "replace").decode()

    @api.model
    def _verify(self, number, code):
        """Return the notice as superuser that a number and a code belong to, or none.

        A wrong number takes the way of a wrong code: nobody learns which numbers exist.
        """
        code = self._normalize_code(code)
        number = clean_text(number, 64)
        candidates_sudo = self.sudo().search(
            [("name", "=", number), ("state", "in", PORTAL_STATES)]
        )
        found_sudo = candidates_sudo.browse()
        for notice_sudo in candidates_sudo or [candidates_sudo.new({})]:
            expected = self._normalize_code(notice_sudo._get_code())
            if consteq(expected, code) and notice_sudo.name:
                found_sudo |= notice_sudo
        return found_sudo[:1]

    def _get_verify_link(self, with_code=False):
        """Return the address of the page that checks letters.

        :param bool with_code: with number and code filled in, for the QR code.
        """
        self.ensure_one()
        url = f"{self.get_base_url()}/dunning/verify"
        if not with_code:
            return url
        return f"{url}?{urlencode({'number': self.name, 'code': self._get_code()})}"

    def _get_verify_request(self):
        """Return how to check the letter, in the language of the context.

        One sentence for the translators, for number and code change places between
        languages.
        """
        self.ensure_one()
        mark = Markup('<strong class="text-nowrap">%s</strong>')
        return self.env._(
            "Is this letter genuine? Enter the number %(number)s and the code %(code)s"
            " at %(link)s, or scan the code beside it.",
            number=mark % self.name,
            code=mark % self._get_code(),
            link=Markup("%s") % self._get_verify_link(),
        )

    def _get_verify_qr(self):
        """Return a QR code of the page that checks the letter, as a data URI."""
        self.ensure_one()
        drawing = to_svg(self._get_verify_link(with_code=True))
        return (
            f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
        )
