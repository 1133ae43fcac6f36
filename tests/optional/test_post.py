"""Where Odoo's postal service is installed, letters are handed to it."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.account_dunning_advanced.tests.common import DunningCommon


@freeze_time("2024-06-14 12:00:00")
@tagged("post_install", "-at_install")
class TestPost(DunningCommon):
    def setUp(self):
        super().setUp()
        if "snailmail.letter" not in self.env:
            self.skipTest("the addon Snailmail is not installed in this database")
        self.first.write({"channel_letter": True, "channel_email": False})
        self.debtor.write(
            {
                "street": "7 Overdue Road",
                "city": "Shelbyville",
                "country_id": self.env.ref("base.us").id,
            }
        )
        self.startPatcher(self._patch_letters())

    def _patch_letters(self):
        def render(notices):
            for notice in notices:
                notice._unguarded().attachment_id = self.env["ir.attachment"].create(
                    {
                        "name": notice._get_letter_name(),
                        "raw": b"%PDF-1.4",
                        "res_model": notice._name,
                        "res_id": notice.id,
                    }
                )

        # the letter's look is tested elsewhere
        notices = type(self.env["account.dunning.notice"])
        return patch.object(notices, "_render_letters", render)

    def _deliver(self):
        self._create_item(100, 30)
        notice = self._run(issue=True).notice_ids
        notice.with_user(self.collector)._deliver()
        return notice

    def _get_posted(self, notice):
        return self.env["snailmail.letter"].search(
            [("model", "=", notice._name), ("res_id", "=", notice.id)]
        )

    def test_letter_of_the_notice_is_queued_once(self):
        self.policy.letter_post = True
        notice = self._deliver()
        notice._deliver()

        letter = self._get_posted(notice)
        self.assertEqual(len(letter), 1)
        self.assertEqual(letter.attachment_id, notice.attachment_id)
        self.assertEqual(letter.partner_id, notice.recipient_id)
        self.assertFalse(notice.needs_print)
        contact = self.env["account.dunning.contact"].search(
            [("notice_id", "=", notice.id), ("channel", "=", "letter")]
        )
        self.assertEqual(len(contact), 1)

    def test_printed_where_the_policy_does_not_post(self):
        notice = self._deliver()
        self.assertFalse(self._get_posted(notice))
        self.assertTrue(
            notice.needs_print,
            notice.read(
                ["delivery_state", "delivery_note", "channel_states", "level_values"]
            ),
        )
