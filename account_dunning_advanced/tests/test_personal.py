import io
import json
import zipfile
from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL

from ..models.account_dunning_personal import SUBJECT_FIELDS
from .common import DunningCommon


class PersonalCommon(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Personal = cls.env["account.dunning.personal"]
        cls.stranger = cls._create_debtor("Xaver Zwetschge")

    def _export(self, partner=None, user=None):
        """Return {file name: content} of the archive."""
        file = io.BytesIO()
        self.env.flush_all()
        self.Personal.with_user(user or self.manager)._pack(
            (partner or self.debtor).with_user(user or self.manager), file
        )
        with zipfile.ZipFile(file) as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@tagged("post_install", "-at_install")
class TestPersonalModels(PersonalCommon):
    """No model of the addons is forgotten."""

    def test_every_model_is_exported_or_named_as_not_personal(self):
        links, others = self.Personal._get_links(), self.Personal._get_not_personal()
        for name in self.Personal._get_own_models():
            with self.subTest(name):
                self.assertTrue(
                    (name in links) != (name in others),
                    "Neither has it a link to a person, nor does"
                    " _get_not_personal() say why it needs none",
                )
        self.assertLessEqual(set(others), set(self.Personal._get_own_models()))

    def test_models_of_all_dunning_addons_are_searched(self):
        installed = self.env["ir.module.module"].search(
            [("state", "=", "installed"), ("name", "=like", "account_dunning_%")]
        )
        self.assertEqual(set(installed.mapped("name")), self.Personal._get_modules())

    def test_what_is_not_personal_has_no_link_to_a_customer(self):
        """The twin: a model cannot be listed as not personal for convenience."""
        for name in self.Personal._get_not_personal():
            with self.subTest(name):
                fields = self.env[name]._fields.values()
                links = [
                    field.name
                    for field in fields
                    if field.store and field.comodel_name == "res.partner"
                ]
                self.assertFalse(links)

    def _insert(self, name, partner, known):
        """Insert a row that nothing but its link says anything of."""
        Model = self.env[name]
        links = self.Personal._get_links()[name]
        # a partner in another part, e.g. as factor, does not make a record about it
        others = sorted(
            links,
            key=lambda n: Model._fields[n].comodel_name == "res.partner"
            and Model._fields[n].type == "many2one",
        )
        candidates = [n for n in SUBJECT_FIELDS if n in links] + others
        for link in candidates:
            field = Model._fields[link]
            values = {}
            if field.type == "many2one_reference":
                target = known["account.dunning.debtor"]
                values = {field.model_field: "account.dunning.debtor", link: target}
            elif field.comodel_name not in known:
                continue
            elif field.type == "many2one":
                values = {link: known[field.comodel_name]}
            self.env.cr.execute(
                SQL(
                    "INSERT INTO %s (%s) VALUES %s RETURNING id",
                    SQL.identifier(Model._table),
                    SQL(", ").join(map(SQL.identifier, values)),
                    tuple(values.values()),
                )
                if values
                else SQL(
                    "INSERT INTO %s DEFAULT VALUES RETURNING id",
                    SQL.identifier(Model._table),
                )
            )
            [record_id] = self.env.cr.fetchone()
            if field.type == "many2many":
                self.env.cr.execute(
                    SQL(
                        "INSERT INTO %s (%s, %s) VALUES (%s, %s)",
                        SQL.identifier(field.relation),
                        SQL.identifier(field.column1),
                        SQL.identifier(field.column2),
                        record_id,
                        known[field.comodel_name],
                    )
                )
            return record_id
        return None

    def _relax(self, name):
        """Let rows of a table be as bare as can be, until the test is over."""
        table = self.env[name]._table
        rows = self.env.execute_query(
            SQL(
                """SELECT format('ALTER TABLE %%I ALTER COLUMN %%I DROP NOT NULL',
                                 table_name, column_name)
                     FROM information_schema.columns
                    WHERE table_name = %(table)s AND is_nullable = 'NO'
                      AND column_name <> 'id'
                    UNION ALL
                   SELECT format('ALTER TABLE %%I DROP CONSTRAINT %%I',
                                 %(table)s::text, conname)
                     FROM pg_constraint
                    WHERE contype IN ('c', 'u') AND conrelid = %(table)s::regclass
                    UNION ALL
                   SELECT format('DROP INDEX %%I', indexrelid::regclass::text)
                     FROM pg_index WHERE indrelid = %(table)s::regclass
                      AND indisunique AND NOT indisprimary
                      AND indexrelid NOT IN (SELECT conindid FROM pg_constraint)""",
                table=table,
            )
        )
        for (statement,) in rows:
            self.env.cr.execute(statement)

    def test_a_record_of_every_kind_is_found_and_none_of_others(self):
        """However a model is tied to a person: by itself, or through other records."""
        self.env.flush_all()
        names = list(self.Personal._get_links())
        for name in names:
            self._relax(name)
        inserted = {}
        for partner in (self.debtor, self.stranger):
            known = {"res.partner": partner.id}
            waiting = list(names)
            while waiting:
                done = []
                for name in waiting:
                    record_id = self._insert(name, partner, known)
                    if record_id:
                        known[name] = record_id
                        done.append(name)
                if not done:
                    break
                waiting = [name for name in waiting if name not in done]
            self.assertFalse(waiting)
            inserted[partner] = known
        self.env.invalidate_all()

        about, _naming = self.Personal._collect(self.debtor)

        for name in names:
            with self.subTest(name):
                ids = about.get(name, self.env[name]).ids
                self.assertIn(inserted[self.debtor][name], ids)
                self.assertNotIn(inserted[self.stranger][name], ids)


@tagged("post_install", "-at_install")
class TestPersonalExport(PersonalCommon, HttpCase):
    """One click hands out all that is held on a person, and nothing of others."""

    def setUp(self):
        super().setUp()
        self.clerk = self._create_debtor(
            "Clara Clerk", parent_id=self.debtor.id, is_company=False
        )
        for partner in (self.debtor, self.stranger):
            self._create_item(100, 30, partner=partner)
            self.env["account.dunning.contact"].create(
                {
                    "partner_id": partner.id,
                    "date": datetime(2024, 6, 14),
                    "channel": "call",
                    "note": f"{partner.name} is away",
                }
            )
        self.notices = self._run(issue=True).notice_ids
        self.notice = self.notices.filtered(lambda n: n.partner_id == self.debtor)
        for notice in self.notices:
            notice.message_post(
                body=f"To {notice.partner_id.name}",
                attachments=[("scan.txt", notice.partner_id.name.encode())],
            )

    def test_archive_has_the_records_the_files_and_an_index(self):
        files = self._export()

        notices = json.loads(files["data/account.dunning.notice.json"])
        self.assertEqual([row["id"] for row in notices], self.notice.ids)
        self.assertEqual(notices[0]["partner_id"][0]["name"], "Debtor")
        for name in (
            "account.dunning.notice.line",
            "account.dunning.verdict",
            "account.dunning.debtor",
            "account.dunning.contact",
            "account.move",
            "mail.message",
        ):
            self.assertTrue(json.loads(files[f"data/{name}.json"]), name)
        people = json.loads(files["data/res.partner.json"])
        self.assertEqual({row["name"] for row in people}, {"Debtor", "Clara Clerk"})
        scans = [text for name, text in files.items() if "scan.txt" in name]
        self.assertEqual(scans, [b"Debtor"])
        self.assertTrue(files["index.xlsx"].startswith(b"PK"))

    def test_nothing_of_others_is_in_it(self):
        # both are named by one record: what is said of them is not
        self.env["account.dunning.relief"].create(
            {
                "name": "Flood",
                "company_id": self.company.id,
                "partner_ids": (self.debtor + self.stranger).ids,
                "date_from": "2024-01-01",
                "date_to": "2024-12-31",
            }
        )
        files = self._export()
        for name, content in files.items():
            if name == "index.xlsx":
                with zipfile.ZipFile(io.BytesIO(content)) as book:
                    content = b"".join(book.read(part) for part in book.namelist())
            with self.subTest(name):
                self.assertNotIn(b"Zwetschge", content)
                self.assertNotIn(self.stranger.email.encode(), content)
        mentions = json.loads(files["data/mentions.json"])
        self.assertIn("account.dunning.relief", mentions)

    def test_the_other_one_has_its_own(self):
        """The twin: what must not be in the one archive is in the other."""
        text = b"".join(self._export(self.stranger).values())
        self.assertIn(b"Zwetschge", text)

    def test_contact_gets_what_names_him_and_nothing_of_colleagues(self):
        """Of the company's records those that went to, or came from, that person."""
        colleague = self._create_debtor(
            "Otto Other", parent_id=self.debtor.id, is_company=False
        )
        self._create_contacts(colleague)
        self.notice._unguarded().recipient_id = self.clerk
        for author in (self.clerk, colleague):
            self.notice.message_post(
                body=f"From {author.name}",
                author_id=author.id,
                attachments=[(f"{author.id}.txt", author.name.encode())],
            )

        files = self._export(self.clerk)

        text = b"".join(files.values())
        for name in (b"Otto Other", colleague.email.encode(), b"Zwetschge"):
            self.assertNotIn(name, text)
        people = json.loads(files["data/res.partner.json"])
        self.assertEqual([row["name"] for row in people], ["Clara Clerk"])
        self.assertEqual(people[0]["parent_id"][0]["name"], "Debtor")
        notices = json.loads(files["data/account.dunning.notice.json"])
        self.assertEqual([row["id"] for row in notices], self.notice.ids)
        contacts = json.loads(files["data/account.dunning.contact.json"])
        self.assertEqual([row["note"] for row in contacts], ["Said by Clara Clerk"] * 2)
        self.assertIn(b"From Clara Clerk", files["data/mail.message.json"])
        self.assertIn(b"Clara Clerk", [files[n] for n in files if ".txt" in n])
        # neither the ledger nor the row of the company is the person's
        self.assertNotIn("data/account.move.json", files)
        self.assertNotIn("data/account.dunning.debtor.json", files)

    def _create_contacts(self, colleague):
        """Contacts with two people of a company, and one at an address of both."""
        self.clerk.phone = colleague.phone = "+49 30 1"
        for person, recipient in (
            (self.clerk, self.clerk.email),
            (self.clerk, self.clerk.name),
            (colleague, colleague.email),
            (colleague, "+49 30 1"),
        ):
            self.env["account.dunning.contact"].create(
                {
                    "partner_id": self.debtor.id,
                    "date": datetime(2024, 6, 14),
                    "channel": "call",
                    "recipient": recipient,
                    "note": f"Said by {person.name}",
                }
            )

    def test_call_that_was_noted_with_a_person_is_in_it(self):
        """A collector's call says name and number in one text, a mail all addresses."""
        colleague = self._create_debtor(
            "Clara Clerkson", parent_id=self.debtor.id, is_company=False
        )
        self.clerk.phone = "+1 650 253 0000"
        notes = []
        for person in (self.clerk, colleague):
            call = self.env["account.dunning.call"].create(
                {
                    "debtor_id": self.env["account.dunning.debtor"]
                    ._get_or_create(self.debtor, self.company)
                    .id,
                    "contact_id": person.id,
                    "direction": "in",
                    "outcome": "reached",
                    "phone": "+49 30 1",
                    "note": f"{person.name} called",
                }
            )
            call.action_apply()
            notes.append(call.note)
        text = self.env["account.dunning.contact"].create(
            {
                "partner_id": self.debtor.id,
                "channel": "sms",
                "recipient": "+16502530000",
            }
        )
        both = self.env["account.dunning.contact"].create(
            {
                "partner_id": self.debtor.id,
                "channel": "email",
                "recipient": f"{self.clerk.email}, {colleague.email}",
                "subject": "To two people",
            }
        )

        files = self._export(self.clerk)

        contacts = json.loads(files["data/account.dunning.contact.json"])
        self.assertEqual({row["note"] for row in contacts}, {notes[0], None})
        self.assertIn(text.id, [row["id"] for row in contacts])
        mentions = json.loads(files["data/mentions.json"])
        self.assertEqual(
            [row["id"] for row in mentions["account.dunning.contact"]], both.ids
        )
        self.assertNotIn(b"Clerkson", b"".join(files.values()))

    def test_records_shared_with_colleagues_are_only_mentioned(self):
        colleague = self._create_debtor(
            "Otto Other", parent_id=self.debtor.id, is_company=False
        )
        self.env["account.dunning.relief"].create(
            {
                "name": "Flood of Otto Other",
                "company_id": self.company.id,
                "partner_ids": (self.clerk + colleague).ids,
                "date_from": "2024-01-01",
                "date_to": "2024-12-31",
            }
        )
        files = self._export(self.clerk)
        mentions = json.loads(files["data/mentions.json"])
        self.assertEqual(len(mentions["account.dunning.relief"]), 1)
        self.assertNotIn(b"Otto Other", b"".join(files.values()))

    def test_company_still_gets_all_of_its_people(self):
        """The twin: what is left out for one person is in the company's own."""
        text = b"".join(self._export(self.debtor).values())
        self.assertIn(b"Clara Clerk", text)
        url = self.clerk.with_user(self.manager).action_export_dunning_personal()["url"]
        self.assertTrue(url.endswith(f"/{self.clerk.id}"))

    def test_only_managers_export(self):
        with self.assertRaises(AccessError):
            self._export(user=self.collector)
        with self.assertRaises(AccessError):
            self.debtor.with_user(self.collector).action_export_dunning_personal()

    def test_manager_downloads_it(self):
        url = self.debtor.with_user(self.manager).action_export_dunning_personal()[
            "url"
        ]
        self.env.cr.flush()
        self.manager.password = "a-long-enough-secret"
        self.authenticate(self.manager.login, "a-long-enough-secret")
        answer = self.url_open(url)
        self.assertEqual(answer.status_code, 200)
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            self.assertIn("index.xlsx", archive.namelist())
        self.assertEqual(answer.headers["Cache-Control"], "private, no-store")
