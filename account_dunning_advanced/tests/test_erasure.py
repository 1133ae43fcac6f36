import doctest
from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..engine import retention as engine
from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestErasure(DunningCommon):
    """What is lawfully erased does not look like tampering; tampering still does."""

    def setUp(self):
        super().setUp()
        self.Contact = self.env["account.dunning.contact"]
        self.rule = self.env["account.dunning.retention"].create(
            {
                "name": "Contacts go after a year",
                "company_id": self.company.id,
                "kind": "contact",
                "months": 12,
                "source": "our own decision",
            }
        )
        self.contacts = self.Contact.create(
            [
                {
                    "partner_id": self.debtor.id,
                    "date": datetime(2020, 6, 14, 9, 30),
                    "channel": "call",
                    "outcome": "reached",
                    "recipient": "+1 555 0100",
                    "subject": "Your invoice",
                    "note": note,
                }
                for note in ("Is ill at home", "Pays on Friday", "Has paid")
            ]
        )
        self.first, self.second, self.third = self.contacts
        self.Contact._seal(self.company)

    def _erase(self, contacts=None, **values):
        erasure = self.rule._erase(
            self.first if contacts is None else contacts, self.company, **values
        )
        self.env.invalidate_all()
        return erasure

    def _faults(self):
        return [
            (fault["id"], fault["fault"])
            for fault in self.Contact._check_chain(self.company)
        ]

    def _tamper(self, record, **values):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = %s",
                SQL.identifier(record._table),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), value)
                    for name, value in values.items()
                ),
                record.id,
            )
        )
        self.env.invalidate_all()

    def test_doctests(self):
        self.assertEqual(doctest.testmod(engine).failed, 0)

    def test_erased_record_says_nothing_and_its_seal_holds(self):
        seal, digest = self.first.chain_hash, self.first.text_digest

        erasure = self._erase()

        self.assertRecordValues(
            self.first,
            [
                {
                    "partner_id": False,
                    "partner_name": False,
                    "recipient": False,
                    "note": False,
                    "outcome": False,
                    "chain_hash": seal,
                    "text_digest": digest,
                    "erasure_id": erasure.id,
                }
            ],
        )
        self.assertEqual(self._faults(), [])
        self.assertIn("erased", self.first.display_name)

    def test_no_text_of_the_record_is_left_in_its_row(self):
        self._erase()
        rows = self.env.execute_query_dict(
            SQL("SELECT * FROM account_dunning_contact WHERE id = %s", self.first.id)
        )
        for text in ("Is ill", "+1 555", "Debtor", "Your invoice"):
            self.assertNotIn(text, str(rows))

    def test_pseudonymised_record_keeps_what_figures_need(self):
        self.rule.action = "pseudonymise"
        self._erase()

        self.assertEqual(self.first.outcome, "reached")
        self.assertFalse(self.first.partner_id)
        self.assertFalse(self.first.note)
        self.assertEqual(self._faults(), [])

    def test_check_names_the_rule(self):
        self._erase()
        Contact = self.Contact.with_user(self.collector).with_company(self.company)

        told = Contact.action_check_chain()["params"]

        self.assertEqual(told["type"], "success")
        self.assertIn("1 erased by rule: Contacts go after a year", told["message"])

    def test_record_of_the_erasure_names_nobody_and_stays(self):
        erasure = self._erase()

        self.assertRecordValues(
            erasure,
            [{"count": 1, "kind": "contact", "basis": "rule", "chain_number": 1}],
        )
        self.assertNotIn("Debtor", str(erasure.read()))
        with self.assertRaises(UserError):
            erasure.write({"count": 0})
        with self.assertRaises(UserError):
            erasure.unlink()
        with self.assertRaises(AccessError):
            erasure.with_user(self.manager).create(
                {
                    "company_id": self.company.id,
                    "kind": "contact",
                    "action": "delete",
                    "rule": "x",
                    "count": 1,
                }
            )

    def test_records_sealed_later_follow_on(self):
        self._erase(self.third)
        later = self.Contact.create({"partner_id": self.debtor.id})
        self.Contact._seal(self.company)

        self.assertEqual(later.previous_hash, self.third.chain_hash)
        self.assertEqual(self._faults(), [])

    def test_erased_text_cannot_be_forged_back(self):
        self._erase()

        self._tamper(self.first, note="Never was ill")

        self.assertEqual(dict(self._faults())[self.first.id], "changed")

    def test_erased_record_cannot_be_taken_for_a_whole_one(self):
        self._erase()
        self._tamper(
            self.first,
            erasure_id=None,
            note="Never was ill",
            partner_id=self.debtor.id,
            partner_number=self.debtor.id,
        )
        self.assertEqual(dict(self._faults())[self.first.id], "changed")

    def test_who_blanks_a_record_cannot_hide_behind_an_erasure(self):
        """The twin: emptied in the database, in the name of another one's erasure."""
        erasure = self._erase()
        blank = dict.fromkeys(
            (
                *("partner_number", "partner_name", "recipient", "subject", "note"),
                *("salt", "notice_id", "delivery_proof", "decision"),
            )
        )
        self._tamper(self.second, erasure_id=erasure.id, partner_id=None, **blank)

        faults = dict(self._faults())

        self.assertEqual(faults[self.second.id], "erased")
        # the rightful one cannot be told from it any more: both are to be looked at
        self.assertEqual(faults[self.first.id], "erased")

    def test_record_of_the_erasure_cannot_be_changed_to_fit(self):
        erasure = self._erase()
        self._tamper(erasure, rule="another rule")

        self.assertEqual(self._faults(), [(self.first.id, "erased")])

    def test_erasure_cannot_be_slipped_in_before_others(self):
        early, late = self._erase(), self._erase(self.second)
        self._tamper(early, chain_number=7)

        self.assertTrue(self._faults())
        self.assertEqual(late.previous_hash, early.chain_hash)

    def test_digest_does_not_give_the_text_away(self):
        """Two records that say the same have digests of their own."""
        twins = self.Contact.create(
            [{"partner_id": self.debtor.id, "date": datetime(2020, 6, 14)}] * 2
        )
        self.Contact._seal(self.company)
        self.assertNotEqual(*twins.mapped("text_digest"))

    def test_nobody_erases_by_hand(self):
        for name, value in {"erasure_id": 1, "salt": "0", "text_digest": "0"}.items():
            with self.subTest(name), self.assertRaises(UserError):
                self.first.with_user(self.manager).write({name: value})
            with self.subTest(name), self.assertRaises(AccessError):
                self.Contact.with_user(self.collector).create(
                    {"partner_id": self.debtor.id, name: value}
                )
