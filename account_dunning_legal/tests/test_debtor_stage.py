from odoo.tests import tagged

from .common import LegalCommon


@tagged("post_install", "-at_install")
class TestDebtorStage(LegalCommon):
    """Who is in court is the clerk's, and no collector's worklist leads there."""

    def test_open_case_takes_the_debtor_off_the_worklist(self):
        item = self._create_top_item(1000)
        debtor = self.env["account.dunning.debtor"]._get_or_create(
            self.debtor, self.company
        )
        debtor.user_id = self.collector
        self.assertEqual(debtor.stage, "final")
        worklist = debtor.with_user(self.collector).browse()
        self.assertEqual(worklist.action_start()["res_id"], debtor.id)

        case = self._create_case(item)
        case.action_open()
        self.env.cr.precommit.run()

        self.assertEqual(debtor.stage, "legal")
        self.assertEqual(worklist.action_start()["tag"], "display_notification")
