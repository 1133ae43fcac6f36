from odoo import api, models

#: Which live chat customers are offered: the id of its channel, or nothing.
PARAMETER = "account_dunning_portal.chat_channel_id"


class AccountDunningChat(models.AbstractModel):
    """Odoo's live chat on the pages of the statement, where it is installed.

    The addon does not ask for it. Who sets it up says in the settings which channel
    customers reach.
    """

    _name = "account.dunning.chat"
    _description = "Live Chat with a Customer"

    @api.model
    def _is_installed(self):
        return "im_livechat.channel" in self.env

    @api.model
    def _get_channels(self):
        """Return [(id as text, name)] of the channels that may be chosen."""
        if not self._is_installed():
            return []
        channels_sudo = self.env["im_livechat.channel"].sudo().search([], limit=100)
        return [(str(channel.id), channel.name) for channel in channels_sudo]

    @api.model
    def _get_script_options(self, user):
        """Return what the chat's script on a page needs.

        :param res.users user: who reads the page; known by name to who answers.
        :return: None where no chat is offered, or nobody is there to answer.
        """
        if not self._is_installed():
            return None
        # a public setting; what it names may have been deleted since
        chosen = self.env["ir.config_parameter"].sudo().get_param(PARAMETER, "")
        if not chosen.isdecimal():
            return None
        channel_sudo = self.env["im_livechat.channel"].sudo().browse(int(chosen))
        if not channel_sudo.exists() or not channel_sudo._is_livechat_available():
            return None
        return channel_sudo.get_livechat_info(username=user.name)
