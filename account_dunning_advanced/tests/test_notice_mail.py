from io import BytesIO
from unittest.mock import patch

from openpyxl import load_workbook
from psycopg2.extras import Json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCase

from ..models.mail_thread import INCOMING_KEY, Incoming
from . import test_delivery
from .common import DunningCommon


class NoticeMailCommon(DunningCommon, MailCase):
    """Notices whose letters are HTML: what they look like is tested elsewhere."""

    def setUp(self):
        super().setUp()
        test_delivery.TestDelivery._patch_printing(self)

    def _issue(self, amount=100, **values):
        self._create_item(amount, 30, **values)
        return self._run(issue=True).notice_ids

    def _deliver_all(self):
        with self.enter_registry_test_mode():
            cron = self.env.ref("account_dunning_advanced.ir_cron_deliver")
            cron.method_direct_trigger()

    def _mail_of(self, notice):
        return self.env["mail.mail"].search(
            [("model", "=", notice._name), ("res_id", "=", notice.id)]
        )


@tagged("post_install", "-at_install")
class TestMailAddress(NoticeMailCommon):
    """A mail addresses companies and persons as their language does."""

    def test_form_of_address(self):
        table = [
            ("ja_JP", True, "御中"),
            ("ja_JP", False, "様"),
            ("ko_KR", True, "귀중"),
            ("ko_KR", False, "귀하"),
        ]
        langs = sorted({lang for lang, *_rest in table})
        for lang in langs:
            self.env["res.lang"]._activate_lang(lang)
        self.env["ir.module.module"]._load_module_terms(
            ["account_dunning_advanced"], langs, overwrite=True
        )
        notice = self._issue()
        for lang, is_company, expected in table:
            with self.subTest(lang=lang, is_company=is_company):
                self.debtor.write({"lang": lang, "is_company": is_company})
                mail = notice._render_sample_mail(notice.level_id.mail_template_id)
                self.assertIn(f"{self.debtor.name} {expected}", mail["body_html"])


@tagged("post_install", "-at_install")
class TestMailState(NoticeMailCommon):
    """What became of the e-mail stands on the notice."""

    def test_queued_then_sent(self):
        notice = self._issue()

        notice.with_user(self.collector).action_send()
        self.assertEqual(notice.mail_state, "queued")
        with self.mock_mail_gateway():
            self._mail_of(notice).send()

        self.assertEqual(notice.mail_state, "sent")

    def test_layout_fits_a_phone_and_names_the_document_alone(self):
        notice = self._issue()

        notice.action_send()

        body = self._mail_of(notice).body_html
        self.assertIn('name="viewport"', body)
        self.assertIn("max-width: 590px", body)
        self.assertNotIn("min-width: 590px", body)
        self.assertNotIn('width="590"', body)
        self.assertNotIn("Your Dunning Notice", body)
        self.assertIn(self.env.company.name, body)

    def test_refused_by_the_server_is_failed(self):
        notice = self._issue()
        notice.action_send()

        with self.mock_mail_gateway():
            self._mail_of(notice)._postprocess_sent_message(
                [], [], failure_reason="550", failure_type="mail_smtp"
            )

        self.assertEqual(notice.mail_state, "failed")

    def test_bounce_is_marked_and_the_address_asked_for_once(self):
        notice = self._issue()
        notice.action_send()

        for _time in range(2):
            notice._message_receive_bounce("debtor@example.com", self.debtor)

        self.assertEqual(notice.mail_state, "bounced")
        self.assertEqual(len(notice.activity_ids), 1)
        self.assertIn("debtor@example.com", notice.activity_ids.summary)

    def test_reply_is_marked(self):
        notice = self._issue()
        notice.action_send()

        notice.with_context(**{INCOMING_KEY: Incoming({})}).message_update({})

        self.assertEqual(notice.mail_state, "replied")

    def test_what_comes_late_does_not_undo_what_is_known(self):
        table = [
            ("replied", "bounced", "replied"),
            ("bounced", "sent", "bounced"),
            ("sent", "queued", "sent"),
            ("failed", "queued", "queued"),
            ("failed", "sent", "sent"),
            ("no_address", "queued", "queued"),
            ("sent", "replied", "replied"),
        ]
        notice = self._issue()
        for before, event, after in table:
            with self.subTest(before=before, event=event):
                notice._unguarded().mail_state = before
                notice._set_mail_state(event)
                self.assertEqual(notice.mail_state, after)

    def test_customer_without_address_is_looked_after(self):
        self.debtor.write({"email": False, "street": "1 Main St", "city": "Town"})
        notice = self._issue()

        notice.action_send()

        self.assertEqual(notice.mail_state, "no_address")
        self.assertTrue(notice.activity_ids)
        self.assertFalse(self._mail_of(notice))

    def test_notifications_about_a_notice_do_not_count(self):
        notice = self._issue()

        notice.message_post(
            body="Look at this",
            partner_ids=self.manager.partner_id.ids,
            subtype_xmlid="mail.mt_comment",
        )

        self.assertFalse(notice.mail_state)


@tagged("post_install", "-at_install")
class TestMailContent(NoticeMailCommon):
    def test_invoices_come_along_where_the_level_says_so(self):
        self.first.attach_invoices = True
        self._create_item(50, 30)
        notice = self._issue()

        notice.with_user(self.collector).action_send()

        attachments = self._mail_of(notice).attachment_ids
        moves = notice.line_ids.move_line_id.move_id
        self.assertEqual(len(attachments), 3)
        self.assertIn(notice.attachment_id, attachments)
        for move in moves:
            self.assertIn(
                move._get_invoice_report_filename(), attachments.mapped("name")
            )

    def test_invoice_that_was_sent_comes_along_as_it_was(self):
        self.first.attach_invoices = True
        notice = self._issue()
        move = notice.line_ids.move_line_id.move_id
        sent = self.env["ir.attachment"].create(
            {
                "name": "as sent.pdf",
                "raw": b"%PDF sent",
                "res_model": "account.move",
                "res_id": move.id,
                "res_field": "invoice_pdf_report_file",
            }
        )
        move.invalidate_recordset()

        notice.action_send()

        self.assertIn(sent, self._mail_of(notice).attachment_ids)
        self.assertEqual(len(self._mail_of(notice).attachment_ids), 2)

    def test_spreadsheet_lists_the_open_items_as_numbers(self):
        self.first.attach_statement = True
        item = self._create_item(1234.5, 30)
        item.move_id.ref = "=1+1"
        notice = self._run(issue=True).notice_ids

        notice.action_send()

        [sheet] = self._mail_of(notice).attachment_ids.filtered(
            lambda attachment: attachment.name.endswith(".xlsx")
        )
        _head, row, total = load_workbook(BytesIO(sheet.raw)).active.iter_rows(
            values_only=True
        )
        self.assertEqual(row[0], item.move_name)
        self.assertEqual(row[1], "=1+1")
        self.assertEqual(row[3].date(), item.date_maturity)
        self.assertEqual(row[4:], (30, notice.currency_id.name, 1234.5, 1234.5))
        self.assertIn("SUBTOTAL", total[-1])

    def test_level_that_attaches_nothing_sends_the_letter_alone(self):
        notice = self._issue()

        notice.action_send()

        self.assertEqual(self._mail_of(notice).attachment_ids, notice.attachment_id)

    def test_replies_come_back_into_odoo_under_the_persons_name(self):
        self._init_mail_gateway()
        self.company.alias_domain_id = self.mail_alias_domain
        self._create_item(100, 30)
        notice = self._run(issue=True, user=self.collector).notice_ids

        notice.action_send()

        mail = self._mail_of(notice)
        self.assertIn(self.mail_alias_domain.catchall_email, mail.reply_to)
        self.assertIn(notice.user_id.name, mail.email_from)

    def test_replies_go_to_the_person_where_odoo_takes_no_mail_in(self):
        self.company.alias_domain_id = False
        notice = self._issue()
        notice.user_id.email = "person@example.com"

        self.assertIn("person@example.com", notice._get_reply_to())

    def test_test_address_gets_all_and_says_for_whom(self):
        self.company.dunning_test_email = "try@example.com"
        notice = self._issue()

        notice.action_send()

        mail = self._mail_of(notice)
        self.assertFalse(mail.recipient_ids)
        self.assertEqual(mail.email_to, "try@example.com")
        self.assertIn("TEST", mail.subject)
        self.assertIn(self.debtor.email, mail.subject)


@tagged("post_install", "-at_install")
class TestDeliveryHold(NoticeMailCommon):
    """A run's delivery waits for a person, or stops by itself."""

    def _issue_three(self):
        for number in range(3):
            self._create_item(100, 30, self._create_debtor(f"Debtor {number}"))
        return self._run(issue=True)

    def test_first_notices_wait_for_a_person(self):
        self.policy.canary_count = 2
        run = self._issue_three()

        self._deliver_all()

        self.assertEqual(set(run.notice_ids.mapped("delivery_state")), {"pending"})
        action = run.action_view_samples()
        samples = self.env["account.dunning.notice"].search(action["domain"])
        self.assertEqual(len(samples), 2)
        self.assertTrue(all(samples.mapped("attachment_id")))
        run.with_user(self.collector).action_release_delivery()
        self._deliver_all()
        self.assertEqual(set(run.notice_ids.mapped("delivery_state")), {"done"})

    def test_waiting_notice_cannot_be_sent_by_hand(self):
        self.policy.canary_count = 1
        run = self._issue_three()

        with self.assertRaisesRegex(UserError, "waits"):
            run.notice_ids[0].action_send()

    def test_policy_without_check_does_not_wait(self):
        run = self._issue_three()

        self.assertFalse(run.delivery_hold)

    def test_broken_template_stops_the_run(self):
        run = self._issue_three()
        template = self.first.mail_template_id
        self.env.cr.execute(
            "UPDATE mail_template SET body_html = %s WHERE id = %s",
            [Json({"en_US": '<t t-out="object.nowhere"/>'}), template.id],
        )
        template.invalidate_recordset()

        with self.assertLogs("odoo.addons", "WARNING"):
            self._deliver_all()

        self.assertEqual(run.delivery_hold, "stopped")
        self.assertTrue(run.activity_ids)

    def test_wrong_total_stops_the_run(self):
        run = self._issue_three()
        with patch.object(
            type(run.notice_ids), "_recheck_before_sending", lambda _notices: None
        ):
            run.notice_ids[0]._unguarded().amount_total = 999
            with self.assertLogs("odoo.addons.account_dunning_advanced", "WARNING"):
                run.notice_ids[0]._deliver_safely()

        self.assertEqual(run.delivery_hold, "stopped")
        self.assertIn("999", run.delivery_hold_reason)
        self.assertEqual(run.notice_ids[0].delivery_state, "failed")

    def test_one_bad_address_does_not_stop_the_run(self):
        run = self._issue_three()

        run._stop_on_error(ValueError("no such server"))

        self.assertFalse(run.delivery_hold)

    def test_many_bounces_stop_the_run(self):
        for number in range(4):
            self._create_item(100, 30, self._create_debtor(f"More {number}"))
        run = self._issue_three()
        notices = run.notice_ids
        notices._set_mail_state("sent")
        self.policy.max_bounce_percent = 40

        for notice in notices[:2]:
            notice._message_receive_bounce("x@example.com", notice.partner_id)
        self.assertFalse(run.delivery_hold)
        notices[2]._message_receive_bounce("x@example.com", notices[2].partner_id)

        self.assertEqual(run.delivery_hold, "stopped")
        self.assertIn("3 of 7", run.delivery_hold_reason)

    def test_hold_cannot_be_lifted_by_a_direct_write(self):
        self.policy.canary_count = 1
        run = self._issue_three()

        with self.assertRaises(AccessError):
            run.with_user(self.collector).delivery_hold = False
