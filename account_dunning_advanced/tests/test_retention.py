from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2.errors import SerializationFailure

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import DunningCommon

ERASING = (
    "odoo.addons.account_dunning_advanced.models.account_dunning_retention_erasing"
)
TODAY = date(2026, 11, 22)


class RetentionCommon(DunningCommon):
    """Today is a day of 2026; the customer's records are years old."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Rule = cls.env["account.dunning.retention"]
        cls.Contact = cls.env["account.dunning.contact"]
        # a country without rules of its own
        cls.company.account_fiscal_country_id = cls.env.ref("base.lu")

    def setUp(self):
        super().setUp()
        clock = freeze_time(TODAY)
        clock.start()
        self.addCleanup(clock.stop)

    def _create_rule(self, kind, **values):
        return self.Rule.create(
            {
                "name": f"Our own: {kind}",
                "company_id": self.company.id,
                "kind": kind,
                "months": 36,
                "source": "our own decision",
                **values,
            }
        )

    def _create_contact(self, day, partner=None, **values):
        contact = self.Contact.create(
            {
                "partner_id": (partner or self.debtor).id,
                "company_id": self.company.id,
                "date": datetime.combine(day, datetime.min.time()),
                "note": "said something",
                **values,
            }
        )
        self.Contact._seal(self.company)
        return contact

    def _create_reply(self, day):
        return (
            self.env["account.dunning.reply"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "partner_id": self.debtor.id,
                    "date": day,
                    "body": "My wife left me",
                    "state": "done",
                }
            )
        )

    def _find_by_self_check(self):
        check = self.env["account.dunning.check"]._check_company(self.company)
        return "\n".join(check.finding_ids.mapped("text"))

    def _create_hold(self, **values):
        return self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Is in hospital",
                "date_from": "2020-01-01",
                **values,
            }
        )

    def _due(self, rule):
        return rule._get_due(self.company)

    def _cron(self):
        self.company.dunning_retention_active = True
        self.env["ir.cron"].flush_model()
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_dunning_advanced.ir_cron_erase"
            ).method_direct_trigger()
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestRetention(RetentionCommon):
    """Records about people go when their time is over, and not before."""

    def test_nearest_rule_counts(self):
        """The company's own, else its country's, else the general one."""
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        rules = self.Rule._get_rules(self.company).grouped("kind")
        self.assertEqual(rules["letter"].country_id.code, "DE")
        self.assertFalse(rules["credit_info"].country_id)

        own = self._create_rule("letter", action="pseudonymise")

        rules = self.Rule._get_rules(self.company).grouped("kind")
        self.assertEqual(rules["letter"], own)
        self.assertEqual(
            self.Rule._get_rules(self.company).mapped("is_in_use")[0], True
        )

    def test_every_kind_has_a_general_rule(self):
        general = self.Rule.search([("country_id", "=", False)])
        self.assertEqual(set(general.mapped("kind")), set(self.Rule._get_kinds()))

    def test_shipped_rules_say_by_which_law(self):
        for rule in self.Rule.search([]).filtered("is_shipped"):
            with self.subTest(rule.name):
                self.assertTrue(rule.source)
                self.assertTrue(rule.verified_on)

    def test_time_is_over_to_the_day(self):
        rule = self._create_rule("contact")
        table = {date(2023, 11, 23): False, date(2023, 11, 22): True}
        for day, gone in table.items():
            with self.subTest(day):
                contact = self._create_contact(day)
                self.assertEqual(contact in self._due(rule), gone)

    def test_time_may_begin_at_the_end_of_the_year(self):
        rule = self._create_rule("contact", from_year_end=True)
        table = {date(2023, 1, 1): False, date(2022, 12, 31): True}
        for day, gone in table.items():
            with self.subTest(day):
                contact = self._create_contact(day)
                self.assertEqual(contact in self._due(rule), gone)

    def test_the_year_may_be_the_business_year(self):
        """Seven years from two months after a year that ends in March."""
        self.company.write({"fiscalyear_last_month": "3", "fiscalyear_last_day": 31})
        rule = self._create_rule(
            "contact", months=86, from_year_end=True, is_business_year=True
        )
        # on 31 May 2026 the seven years of what is from before April 2019 were over
        table = {date(2019, 4, 1): False, date(2019, 3, 31): True}
        for day, gone in table.items():
            with self.subTest(day):
                contact = self._create_contact(day)
                self.assertEqual(contact in self._due(rule), gone)

    def test_no_country_forgets_before_the_shortest_of_its_duties(self):
        """Letters of the countries that we have procedures for, in months."""
        years = {"DE": 6, "AT": 7, "CH": 10, "FR": 10, "IT": 10, "ES": 6, "NL": 7}
        years |= {"BE": 10, "GB": 6, "KR": 10, "JP": 7}
        for code, least in years.items():
            with self.subTest(code):
                country = self.env["res.country"].search([("code", "=", code)])
                self.company.account_fiscal_country_id = country
                rules = self.Rule._get_rules(self.company).grouped("kind")
                self.assertEqual(rules["letter"].country_id, country)
                self.assertGreaterEqual(rules["letter"].months, 12 * least)

    def test_what_an_open_claim_may_need_is_kept(self):
        rule = self._create_rule("contact")
        before = self._create_contact(date(2019, 1, 1))
        item = self._create_item(100, 0, day=date(2020, 1, 1))
        after = self._create_contact(date(2020, 2, 1))
        self.assertEqual(self._due(rule), before)

        self._pay(item, 100, day=date(2020, 3, 1))

        self.assertEqual(self._due(rule), before + after)

    def test_time_may_begin_when_nothing_is_owed_any_more(self):
        rule = self._create_rule("contact", event="settled")
        contact = self._create_contact(date(2019, 1, 1))
        item = self._create_item(100, 0, day=date(2019, 1, 1))
        self.assertFalse(self._due(rule))
        self._pay(item, 40, day=date(2020, 1, 1))
        self.assertFalse(self._due(rule))
        self._pay(item, 60, day=date(2023, 11, 22))

        self.assertEqual(self._due(rule), contact)

        self._create_item(1, 0, day=date(2023, 11, 25))
        self.assertFalse(self._due(rule))

    def test_legal_hold_keeps_everything(self):
        rule = self._create_rule("contact")
        self._create_contact(date(2019, 1, 1))
        hold = self._create_hold(stop="legal")
        self.assertFalse(self._due(rule))
        hold.with_user(self.manager).action_end()
        self.assertTrue(self._due(rule))

    def test_nothing_goes_until_somebody_switches_it_on(self):
        self._create_rule("contact")
        contact = self._create_contact(date(2019, 1, 1))
        self.assertFalse(self.company.dunning_retention_active)
        with self.enter_registry_test_mode():
            self.env.ref(
                "account_dunning_advanced.ir_cron_erase"
            ).method_direct_trigger()
        self.env.invalidate_all()
        self.assertTrue(contact.note)
        self.assertFalse(self.env["account.dunning.erasure"].search([]))

    def test_preview_counts_what_then_goes(self):
        rule = self._create_rule("contact")
        self._create_contact(date(2019, 1, 1))
        self._create_contact(date(2019, 1, 2))
        self._create_contact(date(2026, 1, 2))
        Rule = self.Rule.with_user(self.manager).with_company(self.company)
        shown = Rule.search(Rule.action_preview()["domain"])
        self.assertEqual(shown.filtered(lambda r: r.kind == "contact"), rule)
        self.assertEqual(rule.with_env(Rule.env).due_count, 2)

        with patch(f"{ERASING}.BATCH", 1):
            self._cron()

        erasures = self.env["account.dunning.erasure"].search(
            [("kind", "=", "contact")]
        )
        self.assertEqual(erasures.mapped("count"), [1, 1])
        self.assertEqual(rule.with_env(Rule.env).due_count, 0)
        self.assertFalse(self.Contact._check_chain(self.company))

    def test_a_rule_may_say_to_keep(self):
        self._create_rule("contact", action="keep", months=0)
        contact = self._create_contact(date(2019, 1, 1))
        self._cron()
        self.assertTrue(contact.note)

    def test_rule_that_fails_holds_nobody_up_and_is_told(self):
        """An error in one kind of record: the others go on, and a person is told."""
        self._create_rule("contact")
        reply_rule = self._create_rule("reply")
        contact = self._create_contact(date(2019, 1, 1))
        reply = self._create_reply("2019-01-01")
        erase = type(self.Rule)._erase

        def fail_for_contacts(rule, records, company, **values):
            erasure = erase(rule, records, company, **values)
            if rule.kind == "contact":
                raise RuntimeError("The disk is tired.")
            return erasure

        with (
            patch.object(type(self.Rule), "_erase", fail_for_contacts),
            mute_logger(ERASING),
        ):
            self._cron()

        # undone as a whole, with its record; the other rule has done its work
        self.assertTrue(contact.note)
        self.assertFalse(reply.exists())
        self.assertEqual(self.env["account.dunning.erasure"].search([]).kind, "reply")
        rule = self.Rule._get_rules(self.company).with_company(self.company)
        failed = rule.filtered("failure")
        self.assertEqual(
            (failed.kind, failed.failure), ("contact", "The disk is tired.")
        )
        self.assertFalse(reply_rule.with_company(self.company).failure)
        # another company's night was a good one
        other = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(failed.with_company(other).failure)
        self.assertIn("The disk is tired.", self._find_by_self_check())

        self._cron()

        self.assertFalse(contact.note)
        self.assertFalse(failed.with_company(self.company).failure)
        self.assertNotIn("The disk is tired.", self._find_by_self_check())

    def test_batch_that_fails_leaves_the_other_batches(self):
        self._create_rule("contact")
        contacts = self._create_contact(date(2019, 1, 1))
        contacts |= self._create_contact(date(2019, 1, 2))
        poisoned = contacts[0]
        erase = type(self.Rule)._erase

        def fail_for_one(rule, records, company, **values):
            if poisoned in records:
                raise ValueError("poison")
            return erase(rule, records, company, **values)

        with (
            patch.object(type(self.Rule), "_erase", fail_for_one),
            patch(f"{ERASING}.BATCH", 1),
            mute_logger(ERASING),
        ):
            self._cron()

        self.assertEqual(contacts.filtered("note"), poisoned)

    def test_conflict_with_another_process_is_tried_again(self):
        """It is nobody's fault, and no failure of the rule."""
        rule = self._create_rule("contact")
        failures = []

        def conflict():
            raise SerializationFailure()

        with self.assertRaises(SerializationFailure):
            rule._try(failures, conflict)

        self.assertFalse(failures)

    def test_letters_go_and_the_notice_stays(self):
        self._create_rule("letter", action="pseudonymise")
        item = self._create_item(100, 30, day=date(2020, 1, 1))
        notice = self._run(date(2020, 1, 1), issue=True).notice_ids
        attachment = self.env["ir.attachment"].create(
            {
                "name": "letter.pdf",
                "raw": b"%PDF Dear Debtor",
                "res_model": notice._name,
                "res_id": notice.id,
            }
        )
        notice.sudo().attachment_id = attachment
        notice.message_post(body="Dear Debtor")
        self._pay(item, item.amount_residual, day=date(2020, 2, 1))

        self._cron()

        self.assertFalse(attachment.exists())
        self.assertFalse(notice.message_ids)
        self.assertEqual((notice.state, notice.amount_principal), ("issued", 100))
        self.assertEqual(notice.line_ids.move_line_id, item)
        # a second night finds nothing more
        count = self.env["account.dunning.erasure"].search_count([])
        self._cron()
        self.assertEqual(self.env["account.dunning.erasure"].search_count([]), count)

    def test_illness_is_forgotten_when_the_hold_is_long_over(self):
        hold = self._create_hold(stop="hardship")
        hold.sudo().date_ended = "2020-02-01"

        self._cron()

        self.assertRecordValues(
            hold,
            [{"reason": "–", "stop": False, "date_from": date(2020, 1, 1)}],
        )

    def test_illness_is_forgotten_on_the_customers_page_as_well(self):
        """Where the hold was told of, in whatever words; other notes stay."""
        row = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        row.message_post(body="Pays by cheque")
        hold = self._create_hold(stop="hardship", reason="Is <very> ill & poor")
        self._create_hold(reason="Flood", date_to="2020-01-03")
        self.assertEqual(self._count_messages(row, "poor"), 1)
        hold.sudo().date_ended = "2020-02-01"

        self._cron()

        self.assertEqual(self._count_messages(row, "poor"), 0)
        self.assertEqual(self._count_messages(row, "Pays by cheque"), 1)
        self.assertEqual(self._count_messages(row, "Flood"), 1)

    def test_notes_on_customers_go_with_the_contacts_of_their_time(self):
        self._create_rule("contact")
        row, other = self.env["account.dunning.debtor"].create(
            [
                {"partner_id": partner.id, "company_id": self.company.id}
                for partner in (self.debtor, self._create_debtor("Other"))
            ]
        )
        for day in ("2018-12-31", "2019-01-02"):
            for debtor in row + other:
                debtor.message_post(body=f"Note of {day}").sudo().date = day
        self._create_contact(date(2019, 1, 1))

        self._cron()

        self.assertEqual(self._count_messages(row, "Note of 2018"), 0)
        self.assertEqual(self._count_messages(row, "Note of 2019"), 1)
        self.assertEqual(self._count_messages(other, "Note of"), 2)

    def _count_messages(self, record, text):
        return self.env["mail.message"].search_count(
            [
                ("model", "=", record._name),
                ("res_id", "=", record.id),
                ("body", "ilike", text),
            ]
        )

    def test_replies_and_credit_information(self):
        reply = self._create_reply("2019-01-01")
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        info = self.env["account.dunning.credit.info"].create(
            {
                "debtor_id": debtor.id,
                "date": "2019-01-01",
                "source": "Agency",
                "score": 1,
            }
        )
        self.company.account_fiscal_country_id = self.env.ref("base.fr")

        self._cron()

        self.assertFalse(info.exists())
        self.assertFalse(reply.exists())

    def test_ledger_papers_cannot_be_deleted_by_rule(self):
        with self.assertRaises(ValidationError):
            self._create_rule("letter", action="delete")
        with self.assertRaises(ValidationError):
            self._create_rule("contact", event="closed")

    def test_rules_are_for_managers(self):
        rule = self._create_rule("contact")
        with self.assertRaises(AccessError):
            rule.with_user(self.collector).write({"months": 1})
        with self.assertRaises(AccessError):
            rule.with_user(self.collector).action_view_due()
        shipped = self.env.ref("account_dunning_advanced.retention_de_letter")
        with self.assertRaises(UserError):
            shipped.with_user(self.manager).write({"months": 1})
        own = shipped.with_user(self.manager).with_company(self.company).copy()
        self.assertEqual(own.company_id, self.company)


@tagged("post_install", "-at_install")
class TestEraseOnRequest(RetentionCommon):
    """A person asks to be forgotten, and is told what must stay and why."""

    def _ask(self, user=None, **values):
        return (
            self.env["account.dunning.erase"]
            .with_user(user or self.manager)
            .with_company(self.company)
            .create({"partner_id": self.debtor.id, "reference": "DSR-7", **values})
        )

    def test_what_nothing_demands_to_keep_goes_at_once(self):
        contact = self._create_contact(TODAY - timedelta(days=3))
        other = self._create_contact(
            TODAY - timedelta(days=3), self._create_debtor("Other")
        )
        wizard = self._ask()
        self.assertEqual((wizard.erasable_count, wizard.is_kept), (1, False))

        wizard.action_erase()

        self.env.invalidate_all()
        self.assertFalse(contact.note)
        self.assertTrue(other.note)
        self.assertRecordValues(
            contact.erasure_id,
            [
                {
                    "basis": "request",
                    "reference": "DSR-7",
                    "user_id": self.manager.id,
                }
            ],
        )
        self.assertFalse(self.Contact._check_chain(self.company))

    def _write_notes(self):
        """Name the customer in a note, a task and the finding of a takeover."""
        self.debtor.name = "Zebulon Quitte"
        row = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        row.message_post(
            body="Zebulon Quitte drinks", attachments=[("scan.txt", b"Zebulon Quitte")]
        )
        row.activity_schedule(
            "mail.mail_activity_data_todo",
            note="Call Zebulon Quitte",
            user_id=self.manager.id,
        )
        # what was held is over
        hold = self._create_hold(reason="Zebulon Quitte is ill")
        hold.sudo().date_ended = TODAY - timedelta(days=3)
        return row

    def _find_name(self):
        """Return where the database still has the name, but for the books."""
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                """SELECT table_name, column_name FROM information_schema.columns
                    WHERE table_schema = current_schema
                      AND data_type IN ('text', 'character varying', 'jsonb')
                      AND table_name NOT IN ('res_partner', 'account_move')"""
            )
        )
        return [
            (table, column)
            for table, column in columns
            if self.env.execute_query(
                SQL(
                    "SELECT 1 FROM %s WHERE %s::text ILIKE %s LIMIT 1",
                    SQL.identifier(table),
                    SQL.identifier(column),
                    "%Zebulon Quitte%",
                )
            )
        ]

    def test_name_is_in_no_text_any_more(self):
        self._write_notes()
        self.assertTrue(self._find_name())

        self._ask().action_erase()

        self.assertEqual(self._find_name(), [])

    def test_notes_stay_while_there_is_a_claim_or_a_duty(self):
        row = self._write_notes()
        self._create_item(100, 30, day=TODAY)
        self._ask().action_erase()
        self.assertIn("drinks", str(row.message_ids.mapped("body")))
        self.assertTrue(row.activity_ids)

    def test_open_claim_keeps_its_proof_and_goes_on(self):
        self._create_item(100, 30, day=TODAY - timedelta(days=40))
        contact = self._create_contact(TODAY - timedelta(days=3))
        old = self._create_contact(TODAY - timedelta(days=300))
        wizard = self._ask()

        self.assertTrue(wizard.has_claim)
        self.assertIn("17(3)(e)", wizard.summary)
        self.assertFalse(wizard.restrict)
        wizard.action_erase()

        self.env.invalidate_all()
        self.assertTrue(contact.note)
        self.assertFalse(old.note)

    def test_what_the_law_demands_to_keep_is_restricted(self):
        self.company.account_fiscal_country_id = self.env.ref("base.de")
        contact = self._create_contact(TODAY - timedelta(days=300))
        wizard = self._ask()
        self.assertIn("§ 257", wizard.summary)
        self.assertTrue(wizard.restrict)
        self.assertEqual(wizard.erasable_count, 0)

        told = wizard.action_erase()["params"]
        self.assertIn("Debtor is restricted", told["message"])
        # for the wizard to close
        self.assertEqual(told["next"]["type"], "ir.actions.act_window_close")

        self.env.invalidate_all()
        self.assertTrue(contact.note)
        hold = self.env["account.dunning.hold"].search(
            [("partner_id", "=", self.debtor.id)]
        )
        self.assertRecordValues(hold, [{"stop": "restricted", "state": "active"}])
        # asked again, there is one stop
        self._ask().action_erase()
        self.assertEqual(
            self.env["account.dunning.hold"].search_count(
                [("partner_id", "=", self.debtor.id)]
            ),
            1,
        )

    def test_contact_is_forgotten_and_the_colleagues_are_not(self):
        """One person's request takes nothing of the company with it."""
        clerk, colleague = (
            self._create_debtor(name, parent_id=self.debtor.id, is_company=False)
            for name in ("Clara Clerk", "Otto Other")
        )
        contacts = [
            self._create_contact(
                TODAY - timedelta(days=300),
                channel="call",
                recipient=person.name,
                note=f"Said by {person.name}",
            )
            for person in (clerk, colleague)
        ]
        row = self._write_notes()
        action = clerk.with_user(self.manager).action_erase_dunning_personal()
        wizard = (
            self.env["account.dunning.erase"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({"reference": "DSR-10"})
        )
        self.assertEqual((wizard.partner_id, wizard.restrict), (clerk, False))
        self.assertEqual(wizard.erasable_count, 1)

        wizard.action_erase()

        self.env.invalidate_all()
        self.assertFalse(contacts[0].note)
        self.assertEqual(contacts[1].note, "Said by Otto Other")
        self.assertIn("drinks", str(row.message_ids.mapped("body")))

    def test_collectors_erase_nothing(self):
        self._create_contact(TODAY - timedelta(days=3))
        with self.assertRaises(AccessError):
            self._ask(user=self.collector)
        with self.assertRaises(AccessError):
            self.debtor.with_user(self.collector).action_erase_dunning_personal()


@tagged("post_install", "-at_install")
class TestRestriction(RetentionCommon):
    """Data that is restricted is kept and not used."""

    def setUp(self):
        super().setUp()
        self.item = self._create_item(1000, 60, day=TODAY)
        self.row = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        self.row.action_refresh()

    def _restrict(self, partner=None):
        hold = (
            self.env["account.dunning.hold"]
            .with_user(self.collector)
            .create(
                {
                    "partner_id": (partner or self.debtor).id,
                    "company_id": self.company.id,
                    "stop": "restricted",
                    "reason": "DSR-8",
                    "date_from": TODAY,
                }
            )
        )
        self.row.action_refresh()
        self.env.invalidate_all()
        return hold

    def test_no_contact_no_dunning_no_ranking(self):
        self.assertGreater(self.row.priority, 0)

        self._restrict()

        self.assertTrue(self.row.is_restricted)
        self.assertIn("DSR-8", self.row.stop_text)
        self.assertEqual(self.row.priority, 0)
        self.assertFalse(self.row.priority_text)
        self.assertEqual(
            self.item._dunning_reasons(TODAY), {self.item.id: "hold_debtor"}
        )
        gate = self.env["account.dunning.gate"].with_user(self.collector)
        with self.assertRaises(UserError):
            gate._check(self.company, self.debtor, "letter")

    def test_nothing_is_worked_out_of_how_it_pays(self):
        self.debtor.with_company(self.company).credit_limit = 0
        self.assertTrue(self.row.average_days_late)
        self.assertTrue(self.row.credit_limit_text)
        self.assertTrue(self.row.trend_text)

        self._restrict()

        self.assertFalse(self.row.average_days_late)
        self.assertFalse(self.row.credit_limit_text)
        self.assertFalse(self.row.trend_text)

    def test_nobody_is_sent_to_contact_it(self):
        self.row.next_action_date = TODAY
        self.row.action_refresh()
        self.env.invalidate_all()
        self.assertEqual(self.row.next_step, "contact")

        self._restrict()

        self.assertEqual(self.row.next_step, "wait")
        mine = self.env["account.dunning.debtor"].with_user(self.collector)
        self.assertNotIn(self.row, mine.search(mine._get_worklist_domain()))

    def test_hold_on_a_contact_person_restricts_the_company(self):
        """A hold on whomever of it counts for the whole company, also this one."""
        clerk = self._create_debtor(
            "Clara Clerk", parent_id=self.debtor.id, is_company=False
        )

        self._restrict(clerk)

        self.assertTrue(self.row.is_restricted)
        self.assertEqual(self.row.priority, 0)

    def test_no_statement_is_made_by_itself(self):
        self.debtor.with_company(self.company).dunning_statement = "monthly"
        Statement = self.env["account.dunning.customer.statement"]
        self.assertIn(
            self.debtor, Statement._get_due_partners(self.company, self.item.date)
        )

        hold = self._restrict()

        due = Statement._get_due_partners(self.company, self.item.date)
        self.assertNotIn(self.debtor, due)
        # once it is lifted, the month is made up for
        hold.with_user(self.manager).action_end()
        due = Statement._get_due_partners(self.company, self.item.date)
        self.assertIn(self.debtor, due)

    def test_only_a_manager_lifts_it_or_permits_a_contact(self):
        hold = self._restrict()
        with self.assertRaises(UserError):
            hold.with_user(self.collector).action_end()
        self.env["account.dunning.contact.permit"].with_user(self.manager).create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "The law demands this notice",
            }
        )
        decision = self.env["account.dunning.gate"]._check(
            self.company, self.debtor, "letter"
        )
        self.assertIn("The law demands", decision.override_reason)

        hold.with_user(self.manager).action_end()
        self.row.action_refresh()
        self.env.invalidate_all()
        self.assertFalse(self.row.is_restricted)
        self.assertTrue(self.row.priority_text)

    def test_ordinary_hold_restricts_nothing(self):
        self._create_hold()
        self.row.action_refresh()
        self.assertFalse(self.row.is_restricted)
        self.assertTrue(self.row.priority_text)
