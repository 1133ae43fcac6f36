import doctest
from datetime import datetime

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..engine import chain
from .common import DAY, DunningCommon


@tagged("post_install", "-at_install")
class TestContact(DunningCommon):
    """Who was contacted when and how is kept, and nobody changes it afterwards."""

    def setUp(self):
        super().setUp()
        self.Contact = self.env["account.dunning.contact"]

    def _log(self, user=None, **values):
        return self.Contact.with_user(user or self.collector).create(
            {
                "partner_id": self.debtor.id,
                "date": datetime(2024, 6, 14, 9, 30),
                "direction": "out",
                "channel": "call",
                "outcome": "reached",
                **values,
            }
        )

    def _seal(self):
        return self.Contact._seal(self.company)

    def _tamper(self, contact, **values):
        """Change a record behind Odoo's back, as somebody at the database might."""
        self.env.flush_all()
        for name, value in values.items():
            self.env.cr.execute(
                SQL(
                    "UPDATE account_dunning_contact SET %s = %s WHERE id = %s",
                    SQL.identifier(name),
                    value,
                    contact.id,
                )
            )
        self.env.invalidate_all()

    def _faults(self):
        return [
            (fault["id"], fault["fault"])
            for fault in self.Contact._check_chain(self.company)
        ]

    def test_doctests(self):
        self.assertEqual(doctest.testmod(chain).failed, 0)

    def test_collector_logs_a_call_by_hand(self):
        contact = self._log()

        self.assertRecordValues(
            contact,
            [
                {
                    "partner_id": self.debtor.id,
                    "company_id": self.company.id,
                    "user_id": self.collector.id,
                    "by_hand": True,
                    "partner_name": "Debtor",
                }
            ],
        )

    def test_contact_of_a_person_is_one_with_the_company(self):
        clerk = self._create_debtor("Clerk", parent_id=self.debtor.id, is_company=False)

        contact = self._log(partner_id=clerk.id)

        self.assertEqual(contact.partner_id, self.debtor)
        self.assertIn("Clerk", contact.recipient)

    def test_nobody_edits_a_record(self):
        contact = self._log()

        for user in (self.collector, self.manager):
            with self.subTest(user.login), self.assertRaises(UserError):
                contact.with_user(user).write({"outcome": "promised"})
        with self.assertRaises(UserError):
            contact.sudo().write({"note": "He agreed."})
        with self.assertRaises(UserError):
            contact.copy()

    def test_nobody_deletes_a_record(self):
        contact = self._log()

        for user in (self.collector, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                contact.with_user(user).unlink()
        with self.assertRaises(UserError):
            contact.sudo().unlink()

    def test_proof_cannot_be_made_up(self):
        forged = {
            "user_id": self.manager.id,
            "by_hand": False,
            "body_hash": "0" * 64,
            "message_id": "<a@b>",
            "decision": "allowed",
            "override_reason": "because",
            "delivery_state": "delivered",
            "chain_number": 1,
            "partner_name": "Somebody else",
        }
        for name, value in forged.items():
            with self.subTest(name), self.assertRaises(AccessError):
                self._log(**{name: value})

    def test_records_are_of_ones_companies(self):
        other = self.setup_other_company()["company"]
        contact = self._log(user=self.env.user, company_id=other.id)

        with self.assertRaises(AccessError):
            contact.with_user(self.collector).read(["note"])

    def test_seals_follow_one_another(self):
        contacts = self._log() + self._log(outcome="voicemail")
        self.assertEqual(self._seal(), 2)
        later = self._log(outcome="promised")
        self.assertEqual(self._seal(), 1)

        first, second = contacts
        self.assertEqual((contacts + later).mapped("chain_number"), [1, 2, 3])
        self.assertFalse(first.previous_hash)
        self.assertEqual(second.previous_hash, first.chain_hash)
        self.assertEqual(later.previous_hash, second.chain_hash)
        self.assertEqual(self._faults(), [])

    def test_each_company_has_its_own_chain(self):
        other = self.setup_other_company()["company"]
        self._log()
        foreign = self._log(user=self.env.user, company_id=other.id)
        self._seal()

        self.Contact._seal(other)

        self.assertEqual(foreign.chain_number, 1)

    def test_delivery_comes_later_and_leaves_the_seal_alone(self):
        contact = self._log(channel="email")
        self._seal()
        seal = contact.chain_hash

        contact.with_user(self.collector)._set_delivery("sent")
        contact._set_delivery("bounced", "550 no such user")

        self.assertEqual(contact.delivery_state, "bounced")
        self.assertIn("Sent", contact.delivery_proof)
        self.assertIn("550 no such user", contact.delivery_proof)
        self.assertEqual(contact.chain_hash, seal)
        self.assertEqual(self._faults(), [])

    def test_tampering_with_any_sealed_field_shows(self):
        notice = self._create_notice()
        stranger = self._create_debtor("Stranger")
        table = {
            "date": datetime(2024, 6, 14, 22, 0),
            "direction": "in",
            "channel": "visit",
            "outcome": "promised",
            "note": "He agreed.",
            "subject": "x",
            "recipient": "x",
            "template": "x",
            "body_hash": "x",
            "attachment_hashes": "x",
            "message_id": "x",
            "decision": "x",
            "override_reason": "x",
            "by_hand": False,
            "user_id": self.manager.id,
            "notice_id": notice.id,
            "partner_name": "x",
            "partner_number": stranger.id,
            "salt": "x",
            "text_digest": "x",
            "previous_hash": "x",
            "chain_hash": "x",
        }
        for name, value in table.items():
            with self.subTest(name):
                contact = self._log()
                self._seal()
                before = self._faults()
                self._tamper(contact, **{name: value})

                self.assertIn(contact.id, dict(set(self._faults()) - set(before)))

    def _create_notice(self):
        self._create_item(100, 30)
        return self._run(issue=True).notice_ids

    def test_record_moved_to_another_customer_shows(self):
        contact = self._log()
        self._seal()

        self._tamper(contact, partner_id=self._create_debtor("Stranger").id)

        self.assertEqual(self._faults(), [(contact.id, "moved")])

    @mute_logger("odoo.addons.base.partner.merge")
    def test_merging_customers_breaks_no_seal(self):
        twin = self._create_debtor("Twin")
        contact = self._log(partner_id=twin.id)
        self._seal()

        self.env["base.partner.merge.automatic.wizard"].create({})._merge(
            (twin + self.debtor).ids, self.debtor
        )

        self.env.invalidate_all()
        self.assertEqual(contact.partner_id, self.debtor)
        self.assertEqual(self._faults(), [])

    def test_record_taken_out_shows(self):
        first, second = self._log(), self._log()
        self._seal()

        self.env.cr.execute(
            SQL("DELETE FROM account_dunning_contact WHERE id = %s", first.id)
        )

        self.assertEqual(self._faults(), [(second.id, "missing")])

    def test_record_sealed_anew_shows_at_the_next(self):
        first, second = self._log(), self._log()
        self._seal()
        self._tamper(first, note="He agreed.")

        text_digest = chain.digest_text(first._get_text())
        self._tamper(first, text_digest=text_digest)
        self._tamper(first, chain_hash=chain.digest("", text_digest))

        self.assertEqual(self._faults(), [(second.id, "relinked")])

    def test_record_kept_from_sealing_shows(self):
        contact = self._log()
        self._tamper(contact, create_date=datetime(2024, 6, 1))

        self.assertEqual(self._faults(), [(contact.id, "unsealed")])

    def test_two_links_cannot_follow_the_same_one(self):
        # what the index is there for, should two writers meet in spite of the lock
        first, second = self._log(), self._log()
        self._seal()

        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self._tamper(second, chain_number=first.chain_number)

    def test_a_thousand_are_sealed_in_constant_queries(self):
        self._log()
        self._seal()
        counts = []
        for number in (3, 300):
            self.Contact.create([{"partner_id": self.debtor.id}] * number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._seal()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1)

    def test_user_asks_whether_all_is_as_it_was(self):
        contact = self._log()
        self._seal()
        Contact = self.Contact.with_user(self.collector).with_company(self.company)

        self.assertEqual(Contact.action_check_chain()["params"]["type"], "success")
        self._tamper(contact, note="He agreed.")
        result = Contact.action_check_chain()["params"]

        self.assertEqual(result["type"], "danger")
        self.assertIn("changed", result["message"])

    def test_communication_record_of_a_period(self):
        self._log(note="Asks for a copy")
        self._log(note="Too late", date=datetime(2024, 6, 15, 0, 0))
        self._seal()
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        action = debtor.with_user(self.collector).action_print_contacts()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.collector)
            .with_context(**action["context"])
            .create({"date_from": "2024-06-14", "date_to": DAY})
        )

        report = wizard.action_print()
        html = self.env["ir.actions.report"]._render_qweb_html(
            report["report_name"], wizard.ids
        )[0]

        self.assertIn(b"Asks for a copy", html)
        self.assertNotIn(b"Too late", html)
        self.assertIn(self.Contact._get_head(self.company)[1].encode(), html)

    def test_empty_period_is_said(self):
        wizard = self.env["account.dunning.contact.print"].create(
            {"partner_id": self.debtor.id, "date_from": "2020-01-01", "date_to": DAY}
        )
        with self.assertRaises(UserError):
            wizard.action_print()

    def test_contacts_are_counted_on_debtor_and_notice(self):
        notice = self._create_notice()
        self._log(notice_id=notice.id)
        self._log()
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )

        self.assertEqual(debtor.contact_count, 2)
        self.assertEqual(notice.contact_count, 1)
