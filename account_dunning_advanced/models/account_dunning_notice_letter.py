from odoo import api, models

from ..engine.letter_window import WINDOWS, get_spacer, get_style
from .account_dunning_run_delivery import MismatchError

# How a name is addressed on a letter: (companies, persons), by language. The word
# follows the name; where a language has none the name stands alone.
FORMS_OF_ADDRESS = {"ja": (" 御中", " 様"), "ko": (" 귀중", " 귀하")}
# Room between the window and what follows, in mm.
BELOW_WINDOW = 8
# Room that is left free under a header that is taller than its paper format says.
BELOW_HEADER = 8


class AccountDunningNoticeLetter(models.Model):
    """What the letter shows besides the items: whom it is for and what comes next."""

    # a room of its own: the letter
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    # === BUSINESS METHODS === #

    def _get_portal_link(self):
        """Return the address of the notice's page for the customer, or an empty text.

        For an addon that has such a page, it must override this method.
        """
        self.ensure_one()
        return ""

    def _get_form_of_address(self):
        """Return what follows the recipient's name, in the language of the letter."""
        self.ensure_one()
        language = (self._get_lang() or "").split("_")[0]
        company, person = FORMS_OF_ADDRESS.get(language, ("", ""))
        return company if self.recipient_id.is_company else person

    def _get_next_step(self):
        """Return what follows if nothing is paid, or an empty text.

        Said only if the policy really goes on: a step that is not taken must not be
        threatened with.
        """
        self.ensure_one()
        level = self.level_id
        if not level.active or not level.policy_id.active:
            return ""
        following = level._get_next_level()
        if not following:
            return self._get_last_step()
        return self.env._(
            "If we receive no payment, “%(level)s” follows as the next step.",
            level=following.name,
        )

    def _get_last_step(self):
        """Return what follows the last level; nothing, as far as the core goes.

        For an addon that takes claims further, it must override this method, and say
        only what it really does.
        """
        self.ensure_one()
        return ""

    # === BUSINESS METHODS - WINDOW OF THE ENVELOPE === #

    def _get_letter_window(self):
        """Return the window that the level or the company chose, or None.

        One that lies in the room of the header is left out, for wkhtmltopdf would cut
        the address off: the document layout puts it then.
        """
        self.ensure_one()
        chosen = self._get_level_value("letter_window")
        # a letter shows the company's settings, whoever prints it
        window = WINDOWS.get(chosen or self.sudo().company_id.dunning_letter_window)
        fits = window and window.top >= self._get_letter_margin_top()
        return window if fits else None

    def _get_address_style(self):
        """Return the CSS of the address where there is a window, else an empty text."""
        self.ensure_one()
        window = self._get_letter_window()
        return get_style(window, self._get_letter_margin_top()) if window else ""

    def _get_address_spacer(self):
        """Return the CSS of an unseen copy that takes the address its room."""
        self.ensure_one()
        window = self._get_letter_window()
        return get_spacer(window, self._get_letter_margin_top()) if window else ""

    def _get_facts_top(self):
        """Return how far below the header number and date begin, in mm.

        Beside the address, and not so high that a tall header lies over them.
        """
        self.ensure_one()
        window = self._get_letter_window()
        top = window.top - self._get_letter_margin_top() if window else 0
        return max(BELOW_HEADER, round(top, 1))

    def _get_address_room(self):
        """Return how much of the page the window takes, in mm below the header."""
        self.ensure_one()
        window = self._get_letter_window()
        if not window:
            return 0
        bottom = window.top + window.height + BELOW_WINDOW
        return max(0, round(bottom - self._get_letter_margin_top(), 1))

    @api.model
    def _get_letter_margin_top(self):
        """Return where the body of the letters begins, in mm from the upper edge."""
        report = self.env.ref("account_dunning_advanced.account_dunning_notice_report")
        company = self.company_id or self.env.company
        return report.with_company(company).sudo().get_paperformat().margin_top

    # === BUSINESS METHODS - CHECKS BEFORE DELIVERY === #

    def _check_before_delivery(self):
        """:raise MismatchError: a notice asks for another sum than it lists."""
        for notice in self:
            lines = notice.line_ids.filtered(lambda line: line.state == "issued")
            listed = sum(
                line.amount_dunned + line.amount_interest + line.amount_fee
                for line in lines
            )
            if notice.currency_id.compare_amounts(listed, notice.amount_total):
                raise MismatchError(
                    self.env._(
                        "%(notice)s asks for %(total)s but lists %(listed)s.",
                        notice=notice.display_name,
                        total=notice.currency_id.format(notice.amount_total),
                        listed=notice.currency_id.format(listed),
                    )
                )
