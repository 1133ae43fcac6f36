from odoo import models
from odoo.exceptions import UserError

from odoo.addons.rating.models.rating_data import (
    RATING_HAPPY_VALUE,
    RATING_NEUTRAL_VALUE,
    RATING_UNHAPPY_VALUE,
)

from ..engine.sent_text import clean_text

#: What a customer may choose, and the value that Odoo gives it.
GRADES = {
    "happy": RATING_HAPPY_VALUE,
    "neutral": RATING_NEUTRAL_VALUE,
    "unhappy": RATING_UNHAPPY_VALUE,
}


class AccountDunningNoticeRating(models.Model):
    """One question once a notice is settled: how was it?

    Asked on its page, never by mail. The answer is a rating of Odoo's own, of the
    collector and under the level, so that its reports tell them apart.
    """

    # a room of its own: what customers think of it
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    def _rating_get_parent_field_name(self):
        return "level_id"

    def _is_rateable(self):
        """Return whether the customer may be asked: all is settled, not said yet."""
        self.ensure_one()
        is_settled = self.state == "issued" and not self.env[
            "account.dunning.notice.line"
        ].search_count(
            [
                ("notice_id", "=", self.id),
                ("state", "=", "issued"),
                ("move_line_id.reconciled", "=", False),
            ],
            limit=1,
        )
        return is_settled and not self.env["rating.rating"].search_count(
            [("res_model", "=", self._name), ("res_id", "=", self.id)], limit=1
        )

    def _rate(self, grade, feedback, collector, person):
        """Keep what the customer thinks of it.

        :param str grade: a key of :data:`GRADES`, as sent.
        :param res.users collector: who saw to it.
        :param res.partner person: who answers; none by link.
        :raise UserError: it is no choice, or has been said before.
        """
        self.ensure_one()
        if grade not in GRADES:
            raise UserError(self.env._("Please choose one of the three."))
        if not self._is_rateable():
            raise UserError(self.env._("You have told us already. Thank you!"))
        self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(self._name),
                "res_id": self.id,
                "rated_partner_id": collector.partner_id.id,
                "partner_id": (person or self.partner_id).id,
                "rating": GRADES[grade],
                "feedback": clean_text(feedback, 1000),
                "consumed": True,
            }
        )
