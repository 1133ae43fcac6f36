import base64
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from . import test_delivery
from .common import DunningCommon


@tagged("post_install", "-at_install")
class TestTextRules(DunningCommon):
    """What a country forbids is refused when it is written, and when it goes out."""

    def test_table_of_texts(self):
        self.company.country_id = self.env.ref("base.de")
        self.env["res.lang"]._activate_lang("de_DE")
        table = [
            ("letter_intro", "You will be arrested.", "arrest"),
            ("letter_intro", "Es droht ein Haftbefehl.", "arrest"),
            ("letter_closing", "払わなければ逮捕されます。", "arrest"),
            ("letter_closing", "갚지 않으면 구속영장이 나옵니다.", "arrest"),
            ("letter_closing", "We will inform your employer.", "shame"),
            ("letter_intro", "By order of the court you must pay.", "authority"),
            ("name", "Mahnbescheid", "court_title"),
            ("name", "지급명령", "court_title"),
            ("name", "Summons", "court_title"),
            ("letter_intro", "We shall apply for a court order.", None),
            ("letter_intro", "Please pay within a week.", None),
            ("name", "Letzte Mahnung", None),
            ("name", "督促状", None),
        ]
        for field, text, rule in table:
            with self.subTest(text=text):
                if not rule:
                    self.first[field] = text
                    self.assertFalse(self.first.text_warning)
                    continue
                expected = self.env.ref(
                    f"account_dunning_advanced.text_rule_{rule}"
                ).name
                with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
                    self.first[field] = text
                self.assertIn(expected, str(caught.exception))
                self.first.invalidate_recordset()

    def test_words_are_found_however_they_are_hidden(self):
        for text in (
            "<p>pri<b>son</b></p>",
            "<p>pri\u200bson</p>",
            "<p>pri\u00adson</p>",
            "<p>pri<!-- x -->son</p>",
            "<p>ｐｒｉｓｏｎ</p>",
            "<p>逮\u200b捕</p>",
        ):
            with (
                self.subTest(text),
                self.assertRaisesRegex(UserError, "arrest"),
                self.env.cr.savepoint(),
            ):
                self.first.letter_intro = text
            self.first.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "court"):
            self.first.name = "Mahn\u00adbescheid"

    def test_what_is_said_is_checked_like_what_is_written(self):
        with self.assertRaisesRegex(UserError, "arrest"):
            self.first.call_script = "You will go to prison."
        with self.assertRaisesRegex(UserError, "arrest"):
            self.first.sms_template_id.body = "You will go to prison."

    def test_uncertain_rule_only_warns(self):
        self.company.country_id = self.env.ref("base.de")

        self.first.letter_closing = "Wir melden Sie der SCHUFA."

        self.assertIn("SCHUFA", self.first.text_warning)
        self.assertIn("BDSG", self.first.text_warning)

    def test_rule_of_another_country_does_not_count(self):
        self.company.country_id = self.env.ref("base.kr")

        self.first.letter_closing = "Wir melden Sie der SCHUFA."

        self.assertFalse(self.first.text_warning)

    def test_amount_does_not_stand_in_the_subject(self):
        template = self.first.mail_template_id

        self._create_item(100, 30)
        for subject in (
            "Pay {{ object.amount_total }}",
            "Pay {{ object.amount_fee }}",
            "Pay {{ object.currency_id.format(object['amou' + 'nt_total']) }}",
            "{{ object._get_payment_request() }}",
            "Pay 100.00 Euro",
        ):
            with (
                self.subTest(subject),
                self.assertRaisesRegex(UserError, "subject line"),
                self.env.cr.savepoint(),
            ):
                template.subject = subject
            template.invalidate_recordset()

    def test_required_words_are_missed(self):
        self.env["account.dunning.text.rule"].create(
            {
                "name": "Say who may be asked",
                "kind": "required",
                "place": "letter",
                "pattern": "ask",
                "effect": "refuse",
                "source": "house rule",
            }
        )

        self.first.letter_intro = "You may ask us."
        with self.assertRaisesRegex(UserError, "Missing: Say who may be asked"):
            self.first.letter_intro = "Pay."

    def test_rule_of_the_debtors_country_counts_when_issuing(self):
        self.company.country_id = self.env.ref("base.kr")
        self.debtor.country_id = self.env.ref("base.de")
        self.first.letter_closing = "Wir melden Sie der SCHUFA."
        rule = self.env.ref("account_dunning_advanced.text_rule_de_schufa")
        rule.sudo().effect = "refuse"
        self._create_item(100, 30)
        run = self._run()
        run.action_approve()

        with self.assertRaisesRegex(UserError, "SCHUFA"):
            run.action_issue()
        rule.sudo().effect = "warn"
        run.action_issue()

        self.assertEqual(run.state, "issued")

    def test_words_that_cannot_be_read_are_refused(self):
        rule = self.env.ref("account_dunning_advanced.text_rule_arrest")
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            rule.copy({"pattern": "("})


@tagged("post_install", "-at_install")
class TestTemplatesAreTried(DunningCommon):
    """A template that cannot be rendered is refused when it is saved."""

    def test_broken_fields_are_named(self):
        template = self.first.mail_template_id
        self._create_item(100, 30)
        for name, value in (
            ("subject", "{{ object.nowhere }}"),
            ("body_html", '<p t-out="object.nowhere"/>'),
            ("reply_to", "{{ 1 / 0 }}"),
            ("partner_to", "{{ object.recipient_id.nobody }}"),
        ):
            label = template._fields[name].string
            with (
                self.subTest(field=name),
                self.assertRaises(ValidationError) as caught,
                self.env.cr.savepoint(),
            ):
                template[name] = value
            self.assertIn(label, str(caught.exception))
            template.invalidate_recordset()

    def test_each_language_is_tried(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.debtor.lang = "en_US"
        self._create_item(100, 30)
        template = self.first.mail_template_id.with_context(lang="de_DE")
        template.subject = "Mahnung"
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            template.with_context(lang="en_US").update_field_translations(
                "subject", {"de_DE": "{{ object.nowhere }}"}
            )
            template._check_dunning_template()
        template.invalidate_recordset()
        with self.assertRaises(ValidationError):
            template.body_html = '<p t-out="object.nowhere"/>'

    def test_message_of_a_notice_is_tried(self):
        self._create_item(100, 30)
        with self.assertRaisesRegex(ValidationError, "cannot be rendered"):
            self.first.sms_template_id.body = "{{ object.nowhere }}"

    def test_other_mails_to_debtors_are_tried(self):
        hold = self.env["account.dunning.hold"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "reason": "Asked for time",
            }
        )
        self.env["account.dunning.courtesy"].sudo().create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "hold_id": hold.id,
            }
        )
        thanks = self.env.ref("account_dunning_advanced.mail_template_courtesy_thanks")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            thanks.body_html = '<p t-out="object.nowhere"/>'
        thanks.invalidate_recordset()
        thanks.subject = "Thank you, {{ object.partner_id.name }}"

    def test_good_template_is_saved_and_the_sample_is_gone(self):
        self._create_item(100, 30)
        before = self.env["account.dunning.notice"].search_count([])
        runs = self.env["account.dunning.run"].search_count([])

        self.first.mail_template_id.subject = "From {{ object.company_id.name }}"

        self.assertEqual(self.env["account.dunning.notice"].search_count([]), before)
        self.assertEqual(self.env["account.dunning.run"].search_count([]), runs)

    def test_broken_letter_is_refused(self):
        view = self.env.ref("account_dunning_advanced.report_notice_closing")

        with self.assertRaisesRegex(ValidationError, "letter cannot be rendered"):
            view.arch_db = '<t t-name="x"><p t-out="o.nowhere()"/></t>'


@tagged("post_install", "-at_install")
class TestPreview(DunningCommon):
    """Any level for any customer, and nothing is written."""

    def setUp(self):
        super().setUp()
        test_delivery.TestDelivery._patch_printing(self)

    def _preview(self, **values):
        wizard = (
            self.env["account.dunning.preview"]
            .with_user(self.collector)
            .create({"level_id": self.last.id, **values})
        )
        wizard.action_preview()
        return wizard

    def test_last_level_of_a_customer_who_was_never_reminded(self):
        item = self._create_item(100, 1)
        names = ("account.dunning.notice", "account.dunning.run", "mail.mail")
        before = {name: self.env[name].search_count([]) for name in names}

        wizard = self._preview(partner_id=self.debtor.id)

        letter = base64.b64decode(wizard.letter).decode()
        for text in (self.last.name, self.debtor.name, item.move_name, "100.00"):
            self.assertIn(text, letter)
        self.assertIn("100.00", wizard.mail_body)
        self.assertIn(self.last.name, wizard.mail_subject)
        after = {name: self.env[name].search_count([]) for name in names}
        self.assertEqual(after, before)
        self.assertFalse(item.dunning_level_id)

    def test_level_without_charges_asks_for_what_is_open(self):
        self._create_item(100, 1)

        notices = self.env["account.dunning.notice"]
        with notices._sample(self.last, self.debtor) as notice:
            self.assertFalse(self.last.has_charges)
            self.assertEqual(notice.amount_total, 100)

    def test_customer_who_owes_nothing_can_be_previewed(self):
        wizard = self._preview(partner_id=self._create_debtor("Paid Up").id)

        self.assertIn("Paid Up", base64.b64decode(wizard.letter).decode())


@tagged("post_install", "-at_install")
class TestLetterContent(DunningCommon):
    def _render(self, notice):
        reports = self.env["ir.actions.report"]
        return reports._render_qweb_html(
            "account_dunning_advanced.report_notice", notice.ids
        )[0].decode()

    def _issue(self):
        self._create_item(100, 30)
        return self._run(issue=True).notice_ids

    def test_next_step_is_announced_only_where_there_is_one(self):
        notice = self._issue()
        self.assertIn(self.second.name, notice._get_next_step())
        self.assertIn(self.second.name, self._render(notice))

        (self.second | self.last).active = False
        self.assertEqual(notice._get_next_step(), "")

    def test_form_of_address_by_language_and_kind(self):
        table = [
            ("ja_JP", True, " 御中"),
            ("ja_JP", False, " 様"),
            ("ko_KR", True, " 귀중"),
            ("de_DE", True, ""),
        ]
        notice = self._issue()
        for lang, is_company, expected in table:
            with self.subTest(lang=lang, is_company=is_company):
                self.env["res.lang"]._activate_lang(lang)
                self.debtor.write({"lang": lang, "is_company": is_company})
                self.assertEqual(notice._get_form_of_address(), expected)

    def test_window_of_the_level_comes_before_that_of_the_company(self):
        self.company.dunning_letter_window = "iso_right"
        self.first.letter_window = "din_5008_b"
        notice = self._issue()

        self.assertIn("left: 25mm", notice._get_address_style())
        self.assertIn("position: absolute", self._render(notice))

    def test_window_under_the_header_is_refused_and_never_cuts_an_address_off(self):
        with self.assertRaisesRegex(ValidationError, "top margin"):
            self.company.dunning_letter_window = "jp"
        notice = self._issue()
        notice._unguarded().level_values = {
            **notice.level_values,
            "letter_window": "jp",
        }

        self.assertEqual(notice._get_address_style(), "")
        self.assertIn(self.debtor.name, self._render(notice))

    def test_lower_header_makes_room_for_a_window(self):
        self.company.paperformat_id = self.company.paperformat_id.copy(
            {"margin_top": 18, "header_spacing": 18}
        )

        self.company.dunning_letter_window = "jp"

        self.assertIn("top: 2.0mm", self._issue()._get_address_style())

    def test_without_a_window_the_layout_puts_the_address(self):
        notice = self._issue()

        self.assertEqual(notice._get_address_style(), "")
        self.assertNotIn("position: absolute", self._render(notice))

    def test_link_is_an_addons_to_fill(self):
        notice = self._issue()
        with patch.object(
            type(notice), "_get_portal_link", lambda _notice: "https://example.com/x"
        ):
            self.assertIn("https://example.com/x", self._render(notice))


@tagged("post_install", "-at_install")
class TestTextRulesByDebtor(DunningCommon):
    """Some rules count for a kind of debtor, or bind only who collects for others."""

    def _add_rule(self, **values):
        return self.env["account.dunning.text.rule"].create(
            {
                "name": "Say who may be asked",
                "kind": "required",
                "place": "letter",
                "pattern": "ask",
                "effect": "refuse",
                "source": "house rule",
                **values,
            }
        )

    def _approve(self, **debtor):
        self.debtor.write(debtor)
        self._create_item(100, 30)
        run = self._run()
        run.action_approve()
        return run

    def test_rule_for_consumers_warns_first_and_refuses_for_a_consumer(self):
        self._add_rule(applies_to="consumer")
        self.first.letter_intro = "Pay."
        self.assertIn("Missing: Say who may be asked", self.first.text_warning)

        run = self._approve(is_company=False)
        with self.assertRaisesRegex(UserError, "Missing: Say who may be asked"):
            run.action_issue()

    def test_rule_for_consumers_lets_companies_pass(self):
        self._add_rule(applies_to="consumer")
        self.first.letter_intro = "Pay."

        run = self._approve(is_company=True)
        run.action_issue()

        self.assertEqual(run.notice_ids.state, "issued")

    def test_rule_for_agencies_binds_no_creditor(self):
        self._add_rule(role="agency")
        self.first.letter_intro = "Pay."
        self.assertFalse(self.first.text_warning)

        self.company.dunning_role = "agency"
        with self.assertRaisesRegex(UserError, "Missing"):
            self.first.letter_intro = "Pay at once."

    def test_rule_with_a_condition_finds_only_texts_that_meet_it(self):
        rule = self._add_rule(condition=r"\bcosts\b")
        self.assertFalse(rule._get_findings({"letter": "Pay."}))
        self.assertTrue(rule._get_findings({"letter": "Pay the costs."}))
        self.assertFalse(rule._get_findings({"letter": "Pay the costs, or ask."}))
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            rule.condition = "("

    def test_required_words_count_in_the_language_that_is_written_in(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        rule = self._add_rule(applies_to="company", pattern="demander")
        self.first.letter_intro = "Pay."
        self.first.with_context(lang="fr_FR").letter_intro = "Vous pouvez demander."

        run = self._approve(lang="fr_FR")
        run.action_issue()
        self.assertEqual(run.notice_ids.state, "issued")

        rule.pattern = "cannot be there"
        other = self._create_debtor("Other", lang="fr_FR")
        self._create_item(100, 30, partner=other)
        again = self._run()
        again.action_approve()
        with self.assertRaisesRegex(UserError, "Missing"):
            again.action_issue()

    def test_table_of_required_statements(self):
        table = [  # rule, a text that lacks it, one that has it
            ("fr_agency", "Payez.", "Pour le créancier X. Article L. 111-8."),
            ("de_agency_consumer", "Zahlen Sie.", "Aufsichtsbehörde: OLG Köln"),
            (
                "nl_fourteen_days",
                "U betaalt 40 euro incassokosten.",
                "Betaal binnen 15 dagen, anders 40 euro incassokosten.",
            ),
            (
                "gb_letter_of_claim",
                "We shall begin court proceedings.",
                "Before court proceedings, please fill in the Reply Form.",
            ),
            ("us_agency_debt_collector", "Pay.", "This is from a debt collector."),
            ("us_agency_validation", "Pay.", "You may dispute the debt."),
            ("kr_agency_mandate", "지급하십시오.", "채권자: 주식회사 가나"),
        ]
        for name, lacking, having in table:
            with self.subTest(name):
                rule = self.env.ref(f"account_dunning_advanced.text_rule_{name}")
                self.assertTrue(rule.source)
                self.assertTrue(rule._get_findings({"letter": lacking}))
                self.assertFalse(rule._get_findings({"letter": having}))
        # a reminder that threatens with no court is no letter of claim
        claim = self.env.ref("account_dunning_advanced.text_rule_gb_letter_of_claim")
        self.assertFalse(claim._get_findings({"letter": "Please pay."}))
