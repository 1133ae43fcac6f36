"""Where automation is installed, its rules see levels, promises and disputes change."""

import json
from unittest.mock import patch

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.account_dunning_advanced.tests.common import DunningCommon


@tagged("post_install", "-at_install")
class TestAutomation(DunningCommon):
    def setUp(self):
        super().setUp()
        if "base.automation" not in self.env:
            self.skipTest("the addon for automation is not installed in this database")
        self.item = self._create_item(1000, 30)

    def _automate(self, model, field, trigger="on_write", **domains):
        """Make a rule that puts a tag on the customer; return the tag."""
        tag = self.env["res.partner.category"].create({"name": f"{model} {field}"})
        ir_model = self.env["ir.model"]._get(model)
        watched = self.env["ir.model.fields"]._get(model, field)
        rule = self.env["base.automation"].create(
            {
                "name": f"{model}.{field}",
                "model_id": ir_model.id,
                "trigger": trigger,
                "trigger_field_ids": [Command.set(watched.ids)],
                **{name: repr(domain) for name, domain in domains.items()},
            }
        )
        self.env["ir.actions.server"].create(
            {
                "name": rule.name,
                "model_id": ir_model.id,
                "base_automation_id": rule.id,
                "usage": "base_automation",
                "state": "code",
                "code": f"record.partner_id.write({{'category_id': [(4, {tag.id})]}})",
            }
        )
        return tag

    def assertFired(self, tag):
        self.assertIn(tag, self.debtor.category_id)

    def assertQuiet(self, tag):
        self.assertNotIn(tag, self.debtor.category_id)

    def test_level_of_an_item_is_seen_to_rise_and_fall(self):
        risen = self._automate(
            "account.move.line",
            "dunning_level_id",
            filter_domain=[("dunning_level_id", "!=", False)],
        )
        fallen = self._automate(
            "account.move.line",
            "dunning_level_id",
            filter_pre_domain=[("dunning_level_id", "!=", False)],
            filter_domain=[("dunning_level_id", "=", False)],
        )
        run = self._run(user=self.collector)
        run.action_approve()
        self.assertQuiet(risen)

        run.action_issue()

        self.assertFired(risen)
        self.assertQuiet(fallen)

        run.notice_ids.action_reverse()

        self.assertFired(fallen)

    def test_notice_is_seen_when_it_is_issued_with_number_and_all(self):
        tag = self._automate(
            "account.dunning.notice",
            "state",
            filter_pre_domain=[("state", "=", "draft")],
            filter_domain=[("state", "=", "issued"), ("name", "!=", False)],
        )
        run = self._run(user=self.collector)
        run.action_approve()
        self.assertQuiet(tag)

        run.action_issue()

        self.assertFired(tag)

    def test_webhook_tells_of_a_notice_after_the_commit(self):
        self._automate(
            "account.dunning.notice",
            "state",
            filter_pre_domain=[("state", "!=", "issued")],
            filter_domain=[("state", "=", "issued")],
        )
        action = self.env["base.automation"].search([]).action_server_ids[-1:]
        sent = self.env["ir.model.fields"]
        for name in ("name", "amount_total"):
            sent |= sent._get("account.dunning.notice", name)
        action.write(
            {
                "state": "webhook",
                "webhook_url": "http://erp.example.com/hook",
                "webhook_field_ids": [Command.set(sent.ids)],
            }
        )

        with patch("requests.post") as post:
            notice = self._run(issue=True).notice_ids
            post.assert_not_called()
            self.env.cr.postcommit.run()

        [call] = post.call_args_list
        self.assertEqual(call.args, ("http://erp.example.com/hook",))
        told = json.loads(call.kwargs["data"])
        self.assertEqual(
            (told["_id"], told["name"], told["amount_total"]),
            (notice.id, notice.name, 1000),
        )

    def test_rule_on_another_field_stays_quiet(self):
        tag = self._automate("account.dunning.notice", "note")
        self._run(issue=True)
        self.assertQuiet(tag)

    def test_rule_that_fails_holds_up_its_notice_alone(self):
        other = self._create_debtor("Other")
        self._create_item(500, 30, partner=other)
        tag = self._automate("account.dunning.notice", "state")
        action = self.env["base.automation"].search([]).action_server_ids[-1:]
        action.code = (
            "if record.partner_id.name == 'Other': raise UserError('Not with Other')"
        )

        run = self._run(issue=True)

        states = {notice.partner_id: notice.state for notice in run.notice_ids}
        self.assertEqual(states[self.debtor], "issued")
        self.assertEqual(states[other], "draft")
        self.assertQuiet(tag)

    def test_promise_is_seen_taken_and_cancelled(self):
        tags = {
            state: self._automate(
                "account.dunning.promise",
                "state",
                filter_domain=[("state", "=", state)],
            )
            for state in ("active", "cancelled")
        }
        promise = (
            self.env["account.dunning.promise"]
            .with_user(self.collector)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "move_line_ids": [Command.set(self.item.ids)],
                    "line_ids": [Command.create({"date": "2030-01-01", "amount": 100})],
                }
            )
        )
        self.assertQuiet(tags["active"])

        promise.action_confirm()
        self.assertFired(tags["active"])
        self.assertQuiet(tags["cancelled"])

        promise.action_cancel()
        self.assertFired(tags["cancelled"])

    def test_dispute_is_seen_opened_and_decided(self):
        opened = self._automate(
            "account.dunning.dispute",
            "state",
            trigger="on_create_or_write",
            filter_domain=[("state", "=", "open")],
        )
        rejected = self._automate(
            "account.dunning.dispute",
            "state",
            filter_domain=[("state", "=", "rejected")],
        )
        dispute = (
            self.env["account.dunning.dispute"]
            .with_user(self.collector)
            .create(
                {
                    "partner_id": self.debtor.id,
                    "move_line_ids": [Command.set(self.item.ids)],
                    "reason_id": self.env["account.dunning.dispute.reason"]
                    .search([], limit=1)
                    .id,
                }
            )
        )
        self.assertFired(opened)
        self.assertQuiet(rejected)

        dispute.with_user(self.manager).action_reject()

        self.assertFired(rejected)
