from dataclasses import replace

from odoo import api, models
from odoo.tools import SQL

from ..engine.assessment import Channel

PHONE = SQL("COALESCE(contact.phone, '') != ''")


class AccountDunningAssessmentContact(models.AbstractModel):
    """Whom messages, calls and visits reach."""

    # a room of its own: channels
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.assessment"

    @api.model
    def _get_channels(self):
        channels = super()._get_channels()
        [letter] = [channel for channel in channels if channel.name == "letter"]
        return [
            *channels,
            Channel(name="sms", level_column="channel_sms", reachable=PHONE),
            Channel(name="call", level_column="channel_call", reachable=PHONE),
            Channel(name="else_sms", level_column="fallback_sms", reachable=PHONE),
            Channel(name="else_call", level_column="fallback_call", reachable=PHONE),
            replace(letter, name="else_letter", level_column="fallback_letter"),
            Channel(
                name="visit",
                level_column="channel_visit",
                reachable=SQL("COALESCE(contact.street, contact.street2, '') != ''"),
            ),
        ]
