from odoo.fields import Command
from odoo.tests import tagged

from .common import LegalCommon


@tagged("post_install", "-at_install")
class TestLegalCheck(LegalCommon):
    """What is not as it must be among legal cases is found and told."""

    def _find(self):
        check = self.env["account.dunning.check"]._check_company(self.company)
        return check.finding_ids.filtered(
            lambda finding: finding.res_model == "account.legal.case"
        )

    def test_item_in_two_open_cases_is_found(self):
        """Before 19.0.1.1.0 two could be opened; a closed one counts for nothing."""
        item, other = self._create_top_item(1000), self._create_top_item(500)
        earlier, later = self._open_case(item), self._open_case(other)
        self.assertFalse(self._find())

        # past the constraint, as it was before there was one
        self.env.cr.execute(
            "INSERT INTO account_legal_case_move_line_rel (case_id, line_id)"
            " VALUES (%s, %s)",
            [later.id, item.id],
        )
        self.env.invalidate_all()

        finding = self._find()
        self.assertRecordValues(finding, [{"severity": "error", "res_id": later.id}])
        for part in (item.move_name, earlier.name, later.name):
            self.assertIn(part, finding.text)

        earlier.action_close()

        self.assertFalse(self._find())

    def test_finding_opens_the_case(self):
        item = self._create_top_item(1000)
        case = self._open_case(item)
        second = self._create_case(self._create_top_item(10), state="draft")
        second.move_line_ids = [Command.link(item.id)]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_legal_case SET state = 'open' WHERE id = %s", [second.id]
        )
        self.env.invalidate_all()

        action = self._find().action_open()

        self.assertEqual(
            (action["res_model"], action["res_id"]), (case._name, second.id)
        )
