import base64
import doctest
from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..engine import takeover as engine
from .common import DAY, DunningCommon

HEAD = "invoice;level;last_notice"


class TakeoverCommon(DunningCommon):
    def setUp(self):
        super().setUp()
        self.startClassPatcher(freeze_time(DAY))

    @property
    def Takeover(self):
        return self.env["account.dunning.takeover"].with_user(self.manager)

    def _read(self, source, **vals):
        takeover = self.Takeover.create({"source": source, **vals})
        takeover.action_read()
        return takeover

    def _read_level(self, day="2024-06-01"):
        """The item, at the first level, in a file."""
        return self._read_csv(HEAD, f"{self.number};1;{day}")

    def _get_debtor(self, partner):
        return self.env["account.dunning.debtor"]._get_or_create(partner, self.company)

    def _read_csv(self, *lines, **vals):
        text = "\n".join(lines).encode()
        return self._read(
            "csv",
            file=base64.b64encode(text),
            policy_id=vals.pop("policy", self.policy).id,
            **vals,
        )

    def _get_problems(self, takeover):
        return [problem for problem in takeover.line_ids.mapped("problem") if problem]

    def _sql(self, *queries):
        self.env.flush_all()
        for query in queries:
            self.env.cr.execute(SQL(query))
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestTakeoverFile(TakeoverCommon):
    """Another system's export: the ladder goes on where it stood."""

    def setUp(self):
        super().setUp()
        self.item = self._create_item(100, 60)
        self.number = self.item.move_id.name

    def test_doctests(self):
        self.assertEqual(doctest.testmod(engine).failed, 0)

    def test_reading_changes_nothing_but_the_report(self):
        takeover = self._read_level()

        self.assertEqual(takeover.state, "read")
        self.assertEqual(takeover.line_ids.move_line_id, self.item)
        self.assertEqual(takeover.step_ids.level_id, self.first)
        self.assertEqual((takeover.take_count, takeover.skip_count), (1, 0))
        self.assertFalse(self.item.dunning_level_id)

    def test_nobody_gets_a_first_reminder_twice(self):
        takeover = self._read_level()

        takeover.action_apply()

        self.assertEqual(self.item.dunning_level_id, self.first)
        self.assertEqual(self.item.move_id.dunning_level_id, self.first)
        self.assertEqual(self.item.dunning_date, date(2024, 6, 1))
        self._run(issue=True)
        self.assertEqual(self.item.dunning_level_id, self.second)

    def test_who_was_just_reminded_is_left_alone_for_a_while(self):
        self._read_level("2024-06-12").action_apply()

        self.assertReason(self.item, "interval")

    def test_columns_are_known_by_the_names_of_other_systems(self):
        for head in (
            "Belegnummer;Mahnstufe;Letzte Mahnung",
            "BELNR,MANST,MADAT",
            "Document No.\tLast Issued Reminder Level\tLast Reminder Date",
            "Document Number;Dunning Level;Last Dunning Letter Sent Date",
        ):
            with self.subTest(head=head):
                sign = next(sign for sign in "\t;," if sign in head)
                takeover = self._read_csv(
                    head, sign.join((self.number, "2", "20240601"))
                )
                self.assertEqual(takeover.line_ids.level_id, self.second)
                self.assertEqual(takeover.line_ids.date, date(2024, 6, 1))

    def test_what_is_not_taken_over_is_told(self):
        paid = self._create_item(50, 60)
        self._pay(paid, 50)
        known = self._create_item(70, 60)
        known.write({"dunning_level_id": self.first.id, "dunning_date": "2024-06-03"})
        future = self._create_item(80, 60)
        undated = self._create_item(90, 60)

        takeover = self._read_csv(
            HEAD,
            f"{paid.move_id.name};1;2024-06-01",
            f"{known.move_id.name};2;2024-06-01",
            f"{future.move_id.name};1;2024-06-15",
            f"{undated.move_id.name};1;",
            "NO/SUCH/1;1;2024-06-01",
            f"{self.number};1;2024-06-01",
        )

        self.assertEqual(
            set(self._get_problems(takeover)),
            {
                "It is paid",
                "It has been dunned here, on 06/03/2024",
                "The last notice is in the future",
                "The day of the last notice is not known",
                "Line 6: there is no such item",
            },
        )
        takeover.action_apply()
        self.assertEqual(known.dunning_date, date(2024, 6, 3))
        self.assertFalse(future.dunning_level_id)
        self.assertEqual(self.item.dunning_level_id, self.first)

    def test_what_happened_here_since_the_report_stands(self):
        """A report may lie for days; meanwhile people pay, and runs are issued."""
        paid, promised = self._create_item(50, 60), self._create_item(80, 60)
        takeover = self._read_csv(
            f"{HEAD};promise_date",
            f"{self.number};1;2024-05-01;",
            f"{paid.move_id.name};2;2024-06-01;2024-06-20",
            f"{promised.move_id.name};;;2024-06-20",
        )
        self.assertFalse(self._get_problems(takeover))
        self.item.write({"dunning_level_id": self.second.id, "dunning_date": DAY})
        self._pay(paid, 50)
        self._pay(promised, 30)

        takeover.action_apply()

        self.assertEqual(self.item.dunning_level_id, self.second)
        self.assertEqual(self.item.dunning_date, DAY)
        self.assertFalse(paid.dunning_level_id)
        self.assertEqual(
            sorted(self._get_problems(takeover)),
            [
                "It has been dunned here, on 06/14/2024",
                "It is paid",
                "It is paid",
                "More is promised than is open",
            ],
        )

    def test_of_several_lines_on_an_item_the_highest_level_counts(self):
        """In whatever order they stand; the report says which one was left."""
        lines = [
            f"{self.number};{level};2024-06-0{level};2024-06-2{level};50"
            for level in (1, 2)
        ]
        for order in (lines, lines[::-1], lines * 2):
            with self.subTest(order=order), self.env.cr.savepoint() as savepoint:
                takeover = self._read_csv(f"{HEAD};promise_date;promise_amount", *order)
                said = "; ".join(self._get_problems(takeover))
                self.assertEqual(takeover.take_count, 2)
                self.assertIn("has been given level “Three Steps 2” already", said)
                self.assertIn("already in “Takeover", said)

                takeover.action_apply()

                self.assertEqual(self.item.dunning_level_id, self.second)
                self.assertEqual(self.item.dunning_date, date(2024, 6, 2))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_same_file_taken_over_twice_adds_nothing(self):
        file = (f"{HEAD};hold;promise_date", f"{self.number};1;2024-06-01;Flood;")
        self._read_csv(*file).action_apply()
        promise = ("invoice;promise_date", f"{self.number};2024-06-20")
        self._read_csv(*promise).action_apply()

        for again in (self._read_csv(*file), self._read_csv(*promise)):
            self.assertEqual(again.take_count, 0)
            again.action_apply()

        holds = self.env["account.dunning.hold"].search(
            [("move_line_id", "=", self.item.id)]
        )
        self.assertEqual(len(holds), 1)

    def test_takeover_keeps_no_copy_of_what_people_said(self):
        """Reasons and notes are erased where they stand now; a copy would outlive."""
        takeover = self._read_csv(
            "invoice;hold;hold_until;note", f"{self.number};Is ill;;Drinks"
        )
        self.assertIn("Is ill", takeover.line_ids.mapped("text"))

        takeover.action_apply()

        self.assertFalse(any(takeover.line_ids.mapped("text")))
        self.assertFalse(takeover.file)
        self.assertEqual(set(takeover.line_ids.mapped("kind")), {"hold", "note"})

    def test_longer_hold_than_here_is_taken_over(self):
        head = "invoice;hold;hold_until"
        self._read_csv(head, f"{self.number};Flood;2024-06-20").action_apply()
        for until, problems in (
            ("2024-06-19", ["On hold, ends on 06/20/2024"]),
            ("2024-06-21", []),
            ("", []),
        ):
            with self.subTest(until=until):
                takeover = self._read_csv(head, f"{self.number};Flood;{until}")
                self.assertEqual(self._get_problems(takeover), problems)

    def test_nobody_promises_to_pay_a_credit(self):
        credit = self._create_credit(30)
        takeover = self._read_csv(
            "invoice;promise_date", f"{credit.move_id.name};2024-06-20"
        )
        self.assertEqual(
            self._get_problems(takeover), ["More is promised than is open"]
        )
        takeover.action_apply()

    def test_odd_files_are_read_or_refused_in_words(self):
        row = f"{self.number};2;2024-06-01"
        for name, text in {
            "ends of lines of old systems": f"{HEAD}\r{row}",
            "filled up with NUL": f"{HEAD};note\n{row};x\x00\x00",
            "levels from a spreadsheet": f"{HEAD}\n{self.number};2.0;2024-06-01",
        }.items():
            with self.subTest(name):
                takeover = self._read_csv(text)
                self.assertFalse(self._get_problems(takeover))
                levels = takeover.line_ids.level_id
                self.assertEqual(levels, self.second)
        # a digit to Unicode and no number
        self._read_csv(HEAD, f"{self.number};²;2024-06-01")
        # the quote that is not closed swallows all lines after it
        with self.assertRaisesRegex(UserError, "Line 3 .*end of data"):
            self._read_csv(HEAD, f'"{row}', row)

    def test_never_dunned_is_no_level(self):
        """A zero, as SAP writes it, is no first reminder."""
        with self.assertRaisesRegex(UserError, "Nothing was found"):
            self._read_csv("BELNR;MANST;MADAT", f"{self.number};0;00000000")

    def test_instalments_are_told_apart_by_their_due_dates(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "Two parts",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 10)
                ],
            }
        )
        move = self.item.move_id.copy(
            {"invoice_date": "2024-03-01", "invoice_payment_term_id": term.id}
        )
        move.action_post()
        early, late = self._get_items(move)

        takeover = self._read_csv(
            "invoice;due;level;last_notice",
            f"{move.name};{early.date_maturity};2;2024-06-01",
            f"{move.name};;1;2024-06-01",
        )

        self.assertEqual(takeover.line_ids.move_line_id, early)
        self.assertEqual(
            self._get_problems(takeover),
            ["Line 3: several open items have this number"],
        )
        takeover.action_apply()
        self.assertEqual(early.dunning_level_id, self.second)
        self.assertFalse(late.dunning_level_id)

    def test_a_line_that_cannot_be_read_is_named(self):
        for line, message in (
            (f"{self.number};1;32.13.2024", "Line 2 .* 32.13.2024"),
            (";1;2024-06-01", "Line 2 .* invoice"),
        ):
            with self.subTest(line=line), self.assertRaisesRegex(UserError, message):
                self._read_csv(HEAD, line)
        with self.assertRaisesRegex(UserError, "Line 1 .* invoice"):
            self._read_csv("level;last_notice", "1;2024-06-01")

    def test_file_of_a_takeover_that_nobody_goes_on_with_is_dropped(self):
        """It names customers; the report of it can be applied all the same."""
        old, fresh = (self._read_level() for _number in range(2))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_dunning_takeover SET write_date = '2020-01-01'"
            " WHERE id = %s",
            [old.id],
        )
        self.env.invalidate_all()

        self.Takeover._gc_files()

        self.assertFalse(old.file)
        self.assertTrue(fresh.file)
        old.action_apply()
        self.assertEqual(old.state, "done")

    def test_a_file_needs_a_policy(self):
        with self.assertRaisesRegex(UserError, "choose the policy"):
            self._read_csv(
                "invoice;level",
                f"{self.number};1",
                policy=self.env["account.dunning.policy"],
            )

    def test_holds_promises_and_collectors_come_along(self):
        second = self._create_item(80, 60)
        takeover = self._read_csv(
            f"{HEAD};hold;hold until;collector;promise date;promise amount;note",
            f"{self.number};1;01.06.2024;Gets time;30.06.2024;collector;;;Rings back",
            f"{second.move_id.name};;;;;collector;20.06.2024;50,00;Rings back",
            date_format="dmy",
            decimal_sign="comma",
        )

        takeover.action_apply()

        self.assertReason(self.item, "hold_item")
        hold = self.env["account.dunning.hold"].search(
            [("move_line_id", "=", self.item.id)]
        )
        self.assertEqual((hold.reason, hold.date_to), ("Gets time", date(2024, 6, 30)))
        promise = self.env["account.dunning.promise"].search(
            [("partner_id", "=", self.debtor.id)]
        )
        self.assertEqual((promise.state, promise.line_ids.amount), ("active", 50))
        debtor = self._get_debtor(self.debtor)
        self.assertEqual(debtor.user_id, self.collector)
        notes = debtor.message_ids.filtered(
            lambda message: "Rings back" in message.body
        )
        self.assertEqual(len(notes), 1, "what is said of the customer is said once")

    def test_promise_of_more_than_is_open_is_left(self):
        takeover = self._read_csv(
            "invoice;promise_date;promise_amount", f"{self.number};2024-06-20;100.01"
        )

        self.assertEqual(
            self._get_problems(takeover), ["More is promised than is open"]
        )

    def test_what_another_system_sent_was_the_first_reminder(self):
        """Laws that leave the first one free, and interest from it, go by that."""
        self._read_level().action_apply()

        first = self.env["account.dunning.charging"]._get_first_notices(self.item)

        self.assertEqual(first, {self.item.id: (date(2024, 6, 1),) * 2})

    def test_another_company_is_not_touched(self):
        other = self.setup_other_company()["company"]
        foreign = self._create_item(
            100, 60, company=other, payment_reference="ONLY-THERE"
        )

        takeover = self._read_csv(HEAD, "ONLY-THERE;1;2024-06-01")

        self.assertEqual(
            self._get_problems(takeover), ["Line 2: there is no such item"]
        )
        takeover.action_apply()
        self.assertFalse(foreign.dunning_level_id)

    def test_once_and_for_managers_only(self):
        takeover = self._read_level()
        with self.assertRaises(AccessError):
            self.Takeover.with_user(self.collector).create({"source": "csv"})
        with self.assertRaises(AccessError):
            takeover.with_user(self.collector).action_apply()
        with self.assertRaises(AccessError):
            takeover.line_ids.write({"date": "2024-01-01"})
        with self.assertRaises(AccessError):
            takeover.write({"state": "done"})

        takeover.action_apply()

        with self.assertRaisesRegex(UserError, "cannot be taken over"):
            takeover.action_apply()
        with self.assertRaisesRegex(UserError, "is kept"):
            takeover.unlink()
        with self.assertRaisesRegex(UserError, "as it was"):
            takeover.step_ids.level_id = self.last


@tagged("post_install", "-at_install")
class TestTakeoverTables(TakeoverCommon):
    """Other addons of Odoo: their tables are read, installed or not."""

    def setUp(self):
        super().setUp()
        self.item = self._create_item(100, 60)
        self.other = self._create_debtor("Other")
        self.other_item = self._create_item(200, 60, self.other)

    def test_addon_that_never_was_there(self):
        for source in (
            *("oca_credit_control", "oca_overdue_reminder"),
            *("enterprise_followup", "om_followup"),
        ):
            with (
                self.subTest(source=source),
                self.assertRaisesRegex(UserError, "no tables"),
            ):
                self._read(source)

    # === OCA CREDIT CONTROL === #

    def _make_oca(self):
        self._sql(
            """CREATE TABLE credit_control_policy (id int, name varchar,
                   do_nothing bool, company_id int)""",
            """CREATE TABLE credit_control_policy_level (id int, policy_id int,
                   name jsonb, level int, computation_mode varchar, delay_days int,
                   channel varchar)""",
            """CREATE TABLE credit_control_line (id int, move_line_id int,
                   state varchar, policy_level_id int, level int, date date,
                   date_sent date, manually_overridden bool)""",
            """INSERT INTO credit_control_policy VALUES
                   (1, 'Ours', FALSE, NULL), (2, 'No follow', TRUE, NULL)""",
            """INSERT INTO credit_control_policy_level VALUES
                   (11, 1, '{"en_US": "Ten days"}', 1, 'net_days', 10, 'email'),
                   (12, 1, '{"en_US": "End of month"}', 2, 'end_of_month', 30, 'email'),
                   (13, 1, '{"en_US": "Last"}', 3, 'previous_date', 10, 'letter'),
                   (21, 2, '{"en_US": "Nothing"}', 1, 'net_days', 0, 'email')""",
            "ALTER TABLE res_partner ADD COLUMN credit_policy_id int",
            "ALTER TABLE res_partner ADD COLUMN payment_responsible_id int",
            "ALTER TABLE res_partner ADD COLUMN payment_next_action_date date",
            "ALTER TABLE res_partner ADD COLUMN payment_next_action text",
            "ALTER TABLE res_partner ADD COLUMN payment_note text",
            "ALTER TABLE res_company ADD COLUMN credit_policy_id int",
            f"UPDATE res_company SET credit_policy_id = 1 WHERE id = {self.company.id}",
        )

    def _add_oca_line(self, item, level, state="sent", day="2024-05-20", **vals):
        sent = "NULL" if state != "sent" else f"'{vals.get('sent', day)}'"
        self._sql(
            f"""INSERT INTO credit_control_line VALUES
                (1, {item.id}, '{state}', {10 + level}, {level}, '{day}', {sent},
                 {vals.get("overridden", "FALSE")})"""
        )

    def test_oca_ladder_is_made_as_it_was(self):
        self._make_oca()
        self._add_oca_line(self.item, 1, day="2024-05-01")
        self._add_oca_line(self.item, 2, day="2024-06-01", sent="2024-06-03")
        takeover = self._read("oca_credit_control")

        takeover.action_apply()

        policy = self.company.dunning_policy_id
        self.assertEqual(policy.name, "Ours")
        self.assertRecordValues(
            policy.level_ids,
            [
                {
                    "name": "Ten days",
                    "day_basis": "due",
                    "delay_days": 10,
                    "channel_letter": False,
                },
                {
                    "name": "End of month",
                    "day_basis": "eom",
                    "delay_days": 30,
                    "channel_letter": False,
                },
                {
                    "name": "Last",
                    "day_basis": "notice",
                    "delay_days": 10,
                    "channel_letter": True,
                },
            ],
        )
        self.assertEqual(self.item.dunning_level_id, policy.level_ids[1])
        self.assertEqual(self.item.dunning_date, date(2024, 6, 3))

    def test_oca_lines_that_were_not_sent_are_no_notices(self):
        self._make_oca()
        self._add_oca_line(self.item, 1)
        self._add_oca_line(self.item, 2, state="to_be_sent")
        self._add_oca_line(self.other_item, 1, overridden="TRUE")
        takeover = self._read("oca_credit_control")

        takeover.action_apply()

        self.assertEqual(
            self._get_problems(takeover), ["It was prepared there, but not sent"]
        )
        self.assertEqual(self.item.dunning_level_id.name, "Ten days")
        self.assertFalse(self.other_item.dunning_level_id)

    def test_oca_levels_may_stand_for_ours(self):
        self._make_oca()
        self._add_oca_line(self.item, 2)

        takeover = self._read("oca_credit_control", policy_id=self.policy.id)
        takeover.action_apply()

        self.assertEqual(self.item.dunning_level_id, self.second)
        self.assertEqual(self.company.dunning_policy_id, self.policy)

    def test_oca_no_follow_is_a_hold_and_people_keep_their_customers(self):
        self._make_oca()
        self._add_oca_line(self.item, 1)
        self._sql(
            f"""UPDATE res_partner SET credit_policy_id = 2,
                       payment_responsible_id = {self.collector.id},
                       payment_next_action = 'Ring up',
                       payment_next_action_date = '2024-06-20',
                       payment_note = 'Pays in July'
                 WHERE id = {self.other.id}"""
        )

        self._read("oca_credit_control").action_apply()

        self.assertReason(self.other_item, "hold_debtor")
        debtor = self._get_debtor(self.other)
        self.assertEqual(debtor.user_id, self.collector)
        self.assertEqual(debtor.next_action_date, date(2024, 6, 20))
        said = " ".join(debtor.message_ids.mapped("body"))
        self.assertIn("Ring up", said)
        self.assertIn("Pays in July", said)

    # === OCA OVERDUE REMINDERS === #

    def test_overdue_reminders_count(self):
        self._sql(
            """CREATE TABLE overdue_reminder_action (id int, date date,
                   reminder_type varchar)""",
            """CREATE TABLE account_invoice_overdue_reminder (id int, invoice_id int,
                   action_id int, counter int)""",
            """INSERT INTO overdue_reminder_action VALUES (1, '2024-05-01', 'mail'),
                   (2, '2024-06-01', 'post'), (3, '2024-06-05', 'phone')""",
            *(
                f"INSERT INTO account_invoice_overdue_reminder VALUES"
                f" ({number}, {self.item.move_id.id}, {number}, {counter})"
                for number, counter in ((1, 1), (2, 2), (3, 2))
            ),
            "ALTER TABLE res_company ADD COLUMN overdue_reminder_start_days int",
            "UPDATE res_company SET overdue_reminder_start_days = 3",
            "ALTER TABLE res_partner ADD COLUMN no_overdue_reminder jsonb",
            f"""UPDATE res_partner
                   SET no_overdue_reminder = '{{"{self.company.id}": true}}'
                 WHERE id = {self.other.id}""",
        )

        self._read("oca_overdue_reminder").action_apply()

        levels = self.company.dunning_policy_id.level_ids
        self.assertEqual(levels.mapped("delay_days"), [3, 30])
        self.assertEqual(self.item.dunning_level_id, levels[1])
        self.assertEqual(self.item.dunning_date, date(2024, 6, 1))
        self.assertReason(self.other_item, "hold_debtor")

    # === FOLLOW-UPS === #

    def test_enterprise_followups_by_company(self):
        other = self.setup_other_company()["company"]
        self._sql(
            """CREATE TABLE account_followup_followup_line (id int, name jsonb,
                   delay int, company_id int, send_email bool)""",
            f"""INSERT INTO account_followup_followup_line VALUES
                   (5, '{{"en_US": "Second"}}', 30, {self.company.id}, TRUE),
                   (4, '{{"en_US": "First"}}', 15, {self.company.id}, TRUE),
                   (6, '{{"en_US": "Not ours"}}', 15, {other.id}, TRUE)""",
            "ALTER TABLE account_move_line ADD COLUMN followup_line_id int",
            "ALTER TABLE account_move_line ADD COLUMN last_followup_date date",
            f"""UPDATE account_move_line SET followup_line_id = 5,
                       last_followup_date = '2024-06-02' WHERE id = {self.item.id}""",
            f"""UPDATE account_move_line SET followup_line_id = 4
                 WHERE id = {self.other_item.id}""",
            "ALTER TABLE res_partner ADD COLUMN followup_responsible_id jsonb",
            f"""UPDATE res_partner SET followup_responsible_id =
                       '{{"{self.company.id}": {self.collector.id}}}'
                 WHERE id = {self.other.id}""",
        )

        self._read("enterprise_followup").action_apply()

        levels = self.company.dunning_policy_id.level_ids
        self.assertEqual(levels.mapped("name"), ["First", "Second"])
        self.assertEqual(self.item.dunning_level_id, levels[1])
        self.assertEqual(self.item.dunning_date, date(2024, 6, 2))
        # its day was not kept: nobody is dunned too soon
        self.assertEqual(self.other_item.dunning_date, DAY)
        self.assertReason(self.other_item, "interval", DAY + timedelta(days=1))
        debtor = self._get_debtor(self.other)
        self.assertEqual(debtor.user_id, self.collector)

    def test_om_followups_go_on_where_they_stood(self):
        self._sql(
            "CREATE TABLE followup_followup (id int, company_id int)",
            """CREATE TABLE followup_line (id int, name varchar, delay int,
                   followup_id int, send_email bool, send_letter bool)""",
            f"INSERT INTO followup_followup VALUES (1, {self.company.id})",
            """INSERT INTO followup_line VALUES (1, 'Polite', 15, 1, TRUE, FALSE),
                   (2, 'Urging', 30, 1, TRUE, TRUE)""",
            "ALTER TABLE account_move_line ADD COLUMN followup_line_id int",
            "ALTER TABLE account_move_line ADD COLUMN followup_date date",
            f"""UPDATE account_move_line SET followup_line_id = 1,
                       followup_date = '2024-05-31' WHERE id = {self.item.id}""",
        )

        self._read("om_followup").action_apply()

        levels = self.company.dunning_policy_id.level_ids
        self.assertEqual(levels.mapped("channel_letter"), [False, True])
        self.assertEqual(self.item.dunning_level_id, levels[0])
        self._run(issue=True)
        self.assertEqual(self.item.dunning_level_id, levels[1])
