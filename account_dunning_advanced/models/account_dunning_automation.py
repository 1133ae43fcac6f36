from contextlib import contextmanager

from odoo import api, models

# What Odoo's automation rules call a change of a record.
CHANGES = (
    "on_write",
    "on_create_or_write",
    "on_priority_set",
    "on_stage_set",
    "on_state_set",
    "on_tag_set",
    "on_user_set",
)


class AccountDunningAutomation(models.AbstractModel):
    """Odoo's automation rules on what is written by a statement for many.

    Rules watch what passes the ORM. Issuing and reversing write notices and items in
    one statement for all, which no rule would see. Where the addon for automation is
    installed and has rules on the model, they are applied around the statement as the
    ORM applies them; elsewhere this costs nothing.
    """

    _name = "account.dunning.automation"
    _description = "Automation of Dunning"

    @api.model
    @contextmanager
    def _watch(self, records, names):
        """Apply the rules on records to what is written to them within the block.

        :param records: what is written, by SQL.
        :param list names: the stored fields that are written.
        """
        rules = self._get_rules(records)
        if not rules:
            yield
            return
        records = records.with_env(rules.env)
        before = {rule.id: rule._filter_pre(records) for rule in rules}
        old_values = {
            record.id: {name: record[name] for name in names} for record in records
        }
        yield
        for rule in rules.with_context(old_values=old_values):
            matching, domain = rule._filter_post_export_domain(
                before[rule.id], feedback=True
            )
            rule._process(matching, domain_post=domain)

    @api.model
    def _get_rules(self, records):
        """Return the automation rules on changes of the records, if there are any."""
        if not records or "base.automation" not in self.env:
            return None
        return self.env["base.automation"]._get_actions(records, CHANGES)
