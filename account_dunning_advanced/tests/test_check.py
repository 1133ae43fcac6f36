import base64
from datetime import timedelta
from itertools import product
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from .common import DAY, DunningCommon

CHECK = "odoo.addons.account_dunning_advanced.models.account_dunning_check"


@tagged("post_install", "-at_install")
class TestCheck(DunningCommon):
    """Everything is as it must be; what was tampered with is found and told."""

    def setUp(self):
        super().setUp()
        self.item = self._create_item(100, 30)
        self.notice = self._run(issue=True).notice_ids
        # jobs of the test database have not run for long, and need not
        jobs = self.env["ir.cron"].browse(self.Check._get_job_ids())
        jobs.sudo().write({"nextcall": fields.Datetime.now(), "active": True})

    @property
    def Check(self):
        return self.env["account.dunning.check"]

    def _find(self, user=None):
        # debtors' figures follow at the commit
        self.env.cr.precommit.run()
        action = self.Check.with_user(user or self.collector).action_check()
        check = self.Check.browse(action["res_id"])
        return check, check.finding_ids.mapped("text")

    def _tamper(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *values))
        self.env.invalidate_all()

    def test_all_is_well_after_a_run(self):
        check, found = self._find()
        self.assertEqual((check.state, found), ("ok", []))
        self.assertIn("Levels of items", check.text)

    def test_the_job_tells_in_the_language_of_who_reads(self):
        self.env["res.lang"]._activate_lang("ja_JP")
        self.company.dunning_user_id = self.collector
        self.collector.lang = "ja_JP"

        with self.enter_registry_test_mode():
            job = self.env.ref("account_dunning_advanced.ir_cron_check").sudo()
            job.method_direct_trigger()

        check = self.Check.search([("company_id", "=", self.company.id)], limit=1)
        japanese = self.Check.with_context(lang="ja_JP")._get_checks()
        self.assertEqual(check.text, "\n".join(japanese.values()))
        self.assertNotIn("Levels of items", check.text)

    def test_what_was_tampered_with_is_found(self):
        """Past the methods that would have kept it right."""
        day_before = DAY - timedelta(days=1)
        table = {
            "stands at level": SQL(
                "UPDATE account_move_line SET dunning_date = %s WHERE id = %s",
                day_before,
                self.item.id,
            ),
            "which its charges do not make": SQL(
                "UPDATE account_dunning_notice SET amount_fee = 7 WHERE id = %s;"
                " UPDATE account_dunning_notice_line SET amount_fee = 7,"
                " amount_dunned = amount_dunned - 7 WHERE notice_id = %s;"
                " UPDATE account_dunning_notice SET amount_credit = 7 WHERE id = %s",
                *(self.notice.id,) * 3,
            ),
            "could not be delivered": SQL(
                "UPDATE account_dunning_notice SET delivery_state = 'failed'"
                " WHERE id = %s",
                self.notice.id,
            ),
            "is switched off": SQL(
                "UPDATE ir_cron SET active = FALSE WHERE id = %s",
                self.env.ref("account_dunning_advanced.ir_cron_deliver").id,
            ),
            "has failed 3 times": SQL(
                "UPDATE ir_cron SET failure_count = 3 WHERE id = %s",
                self.env.ref("account_dunning_advanced.ir_cron_deliver").id,
            ),
            "overdue for a day": SQL(
                "UPDATE ir_cron SET nextcall = '2020-01-01' WHERE id = %s",
                self.env.ref("mail.ir_cron_mail_scheduler_action").id,
            ),
            "begun and is not finished": SQL(
                "UPDATE account_dunning_run SET state = 'approved',"
                " issue_started = '2020-01-01', issue_finished = NULL WHERE id = %s",
                self.notice.run_id.id,
            ),
        }
        self._assert_found(table)

    def _assert_found(self, table):
        """Assert that each query makes one finding with its text, and no other."""
        for text, query in table.items():
            with self.subTest(text), self.env.cr.savepoint() as savepoint:
                self._tamper("%s", query)
                check, found = self._find()
                # amounts come with a space that does not break
                known = [text in part.replace("\xa0", " ") for part in found]
                self.assertEqual(known, [True], found)
                self.assertNotEqual(check.state, "ok")
                # what it is about is one click away
                self.assertTrue(check.finding_ids.sudo().action_open()["res_id"])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_notice_that_is_not_the_sum_of_its_items_is_found(self):
        """Whether an item is gone, or a figure was changed in either of them."""
        other = self._create_item(50, 30)
        notice = self._run(DAY + timedelta(days=1), issue=True).notice_ids
        self.assertFalse(self._find()[1])
        line = notice.line_ids.filtered(lambda line: line.move_line_id == other)
        item = self.item
        table = {
            "its items make $ 0.00": SQL(
                "DELETE FROM account_dunning_notice_line WHERE id = %s;"
                " UPDATE account_move_line SET dunning_level_id = NULL,"
                " dunning_date = NULL WHERE id = %s;"
                " UPDATE account_move SET dunning_level_id = NULL,"
                " dunning_date = NULL WHERE id = %s",
                *(line.id, other.id, other.move_id.id),
            ),
            "asks for $ 90.00": SQL(
                "UPDATE account_dunning_notice SET amount_total = 90 WHERE id = %s",
                self.notice.id,
            ),
            "its items make $ 1.00": SQL(
                "UPDATE account_dunning_notice_line SET amount_dunned = 1"
                " WHERE notice_id = %s AND move_line_id = %s",
                *(self.notice.id, item.id),
            ),
            "consist of. Compare": SQL(
                "UPDATE account_dunning_notice SET currency_id = %s WHERE id = %s",
                *(self.env.ref("base.JPY").id, self.notice.id),
            ),
            "differ in what they consist of": SQL(
                "UPDATE account_dunning_notice SET amount_principal = 1 WHERE id = %s",
                self.notice.id,
            ),
        }
        self._assert_found(table)

    def test_notice_that_was_reversed_is_the_sum_of_its_items(self):
        self.notice.action_reverse()
        self.assertEqual(self.notice.state, "reversed")
        self.assertFalse(self._find()[1])

    def test_job_that_was_deleted_is_found(self):
        """Deleted in the list of jobs, or past it; its trace may stay or go."""
        names = (
            "account_dunning_advanced.ir_cron_deliver",
            "mail.ir_cron_mail_scheduler_action",
        )
        queries = (
            "DELETE FROM ir_cron WHERE id = %(job)s",
            "DELETE FROM ir_cron WHERE id = %(job)s; DELETE FROM ir_model_data"
            " WHERE model = 'ir.cron' AND res_id = %(job)s",
        )
        for name, query in product(names, queries):
            job = self.env.ref(name)
            with self.subTest(name, query=query), self.env.cr.savepoint() as savepoint:
                self._tamper("%s", SQL(query, job=job.id))
                self.env.registry.clear_cache()
                check, found = self._find()
                self.assertEqual(check.state, "error")
                self.assertEqual(len(found), 1, found)
                self.assertIn("was deleted. Upgrade the addon", found[0])
                savepoint.rollback()
                self.env.invalidate_all()
                self.env.registry.clear_cache()
        self.assertFalse(self._find()[1])

    def test_run_that_nobody_goes_on_with_is_found(self):
        """One for a later day may wait, and so may one that is still worked on."""
        old = DAY - timedelta(days=40)
        run = self.env["account.dunning.run"].create(
            {"company_id": self.company.id, "date": old}
        )
        self.assertFalse(self._find()[1])
        texts = {
            "draft": "has long been a draft",
            "proposed": "has long been a proposal",
            "approved": "was approved and never issued",
        }
        self._assert_found(
            {
                text: SQL(
                    "UPDATE account_dunning_run SET state = %s, date_approved = %s,"
                    " write_date = %s WHERE id = %s",
                    *(state, old, old, run.id),
                )
                for state, text in texts.items()
            }
        )
        later = SQL(
            "UPDATE account_dunning_run SET date = %s, write_date = %s WHERE id = %s",
            *(fields.Date.today() + timedelta(days=60), old, run.id),
        )
        self._tamper("%s", later)
        self.assertFalse(self._find()[1])

    def test_level_that_nobody_gave_is_found(self):
        """Of an item without a notice, and of an invoice that none of its items has."""
        fresh = self._create_item(50, 1)
        table = {
            "–, gave it “–”": SQL(
                "UPDATE account_move_line SET dunning_level_id = %s WHERE id = %s;"
                " UPDATE account_move SET dunning_level_id = %s WHERE id = %s",
                *(self.first.id, fresh.id),
                *(self.first.id, fresh.move_id.id),
            ),
            "“Three Steps 3”": SQL(
                "UPDATE account_move SET dunning_level_id = %s WHERE id = %s",
                *(self.last.id, self.item.move_id.id),
            ),
            "level “–”": SQL(
                "UPDATE account_move SET dunning_level_id = NULL WHERE id = %s",
                self.item.move_id.id,
            ),
            "of –": SQL(
                "UPDATE account_move SET dunning_level_id = %s WHERE id = %s",
                *(self.last.id, fresh.move_id.id),
            ),
        }
        self._assert_found(table)

    def test_level_of_a_takeover_needs_no_notice(self):
        item = self._create_item(50, 60)
        takeover = self.env["account.dunning.takeover"].create(
            {
                "source": "csv",
                "policy_id": self.policy.id,
                "file": base64.b64encode(
                    f"invoice;level;last_notice\n{item.move_name};1;2024-06-01".encode()
                ),
            }
        )
        takeover.action_read()
        takeover.action_apply()
        self.assertEqual(item.dunning_level_id, self.first)
        self.assertFalse(self._find()[1])

    def test_text_message_that_waits_is_found(self):
        contact = self.env["account.dunning.contact"].create(
            {"partner_id": self.debtor.id, "company_id": self.company.id}
        )
        text = self.env["sms.sms"].create(
            {"number": "+491", "body": "Pay up", "dunning_contact_id": contact.id}
        )
        self.assertFalse(self._find()[1])
        self._tamper(
            "UPDATE sms_sms SET create_date = '2020-01-01' WHERE id = %s", text.id
        )
        self.assertEqual(self._find()[1], ["“Pay up” has waited for more than a day."])
        text.write({"state": "error", "failure_type": "sms_credit"})
        self.assertIn("“Pay up” could not be sent: ", self._find()[1][0])

    def test_mail_that_waits_is_found(self):
        contact = self.env["account.dunning.contact"].search(
            [("partner_id", "=", self.debtor.id)], limit=1
        ) or self.env["account.dunning.contact"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "direction": "out",
                "channel": "email",
            }
        )
        mail = self.env["mail.mail"].create(
            {"subject": "Reminder", "dunning_contact_id": contact.id}
        )
        self.env.flush_all()
        self.assertFalse(self._find()[1])
        self._tamper(
            "UPDATE mail_mail SET create_date = '2020-01-01' WHERE id = %s", mail.id
        )
        self.assertIn("has waited for more than a day", self._find()[1][0])

    def test_person_in_charge_is_told_once(self):
        self.company.dunning_user_id = self.manager
        self._tamper(
            "UPDATE account_move_line SET dunning_date = NULL WHERE id = %s",
            self.item.id,
        )
        for _night in range(2):
            self.Check._check_company(self.company)._tell()
        told = self.env["mail.activity"].search([("user_id", "=", self.manager.id)])
        self.assertEqual(len(told), 1)
        self.assertIn("stands at level", told.note)

    def test_many_findings_are_cut_short(self):
        for _number in range(3):
            self._create_item(10, 30)
        self._run(DAY + timedelta(days=1), issue=True)
        self._tamper(
            "UPDATE account_move_line SET dunning_date = NULL"
            " WHERE dunning_date IS NOT NULL"
        )
        with patch(f"{CHECK}.FINDINGS_LISTED", 2):
            found = self._find()[1]
        self.assertEqual(len(found), 3)
        self.assertEqual(found[2], "… and 2 more.")

    def test_strangers_neither_check_nor_read(self):
        employee = new_test_user(self.env, login="employee", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.Check.with_user(employee).action_check()
        check, _found = self._find()
        other = new_test_user(
            self.env,
            login="other",
            groups="account_dunning_advanced.group_dunning_user",
            company_id=self.env["res.company"].create({"name": "Other"}).id,
        )
        with self.assertRaises(AccessError):
            check.with_user(other).read(["text"])
        with self.assertRaises(AccessError):
            self.Check.with_user(self.manager).create({})
