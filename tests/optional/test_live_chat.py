"""Where Odoo's live chat is installed, customers reach it from their statement."""

from odoo.tests import Form, HttpCase, new_test_user, tagged

from odoo.addons.account_dunning_portal.tests.common import DunningPortalCommon

LOADER = 'name="dunning_chat"'


@tagged("post_install", "-at_install")
class TestLiveChat(DunningPortalCommon, HttpCase):
    def setUp(self):
        super().setUp()
        if "im_livechat.channel" not in self.env:
            self.skipTest("the addon Live Chat is not installed")
        self.operator = new_test_user(
            self.env, login="operator", groups="im_livechat.im_livechat_group_user"
        )
        self.channel = (
            self.env["im_livechat.channel"]
            .sudo()
            .create({"name": "Receivables", "user_ids": self.operator.ids})
        )
        self._create_overdue_invoice(100, 40)
        self.notice = self._issue_notice()

    def _choose(self, channel):
        with Form(self.env["res.config.settings"].sudo()) as settings:
            settings.dunning_chat_channel = str(channel.id)
        settings.record.execute()

    def _come_online(self):
        self.env["mail.presence"].sudo()._update_presence(self.operator)

    def _open(self, path="/my/dunning", login="kim"):
        self.authenticate(login, login and f"{login}-secret")
        return self.url_open(path).text

    def test_customers_are_offered_the_chosen_chat(self):
        self._come_online()
        self.assertNotIn(LOADER, self._open())

        self._choose(self.channel)

        page = self._open()
        self.assertIn(LOADER, page)
        self.assertIn(f'"channel_id": {self.channel.id}', page)
        self.assertIn("can_load_livechat: true", page)

    def test_nobody_is_offered_a_chat_that_nobody_answers(self):
        self._choose(self.channel)

        self.assertNotIn(LOADER, self._open())

    def test_address_with_a_key_never_gets_into_a_chat(self):
        self._come_online()
        self._choose(self.channel)
        page = f"/my/dunning/notice/{self.notice.id}"
        token = self.notice._portal_ensure_token()

        self.assertIn(LOADER, self._open(page))
        for login in ("kim", None):
            with self.subTest(login=login):
                text = self._open(f"{page}?access_token={token}", login)

                self.assertIn(self.notice.name, text)
                self.assertNotIn(LOADER, text)

    def test_channel_that_was_deleted_is_forgotten(self):
        self._choose(self.channel)
        self.channel.unlink()

        self.assertNotIn(LOADER, self._open())
        Form(self.env["res.config.settings"].sudo()).save().execute()
