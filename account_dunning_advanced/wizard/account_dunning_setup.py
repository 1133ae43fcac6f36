from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class AccountDunningSetup(models.TransientModel):
    """What a company has set up for dunning, and what is still to do.

    A step is done when the data say so: there is nothing to tick off, and what is
    taken away later is to do again. An addon adds a step by overriding
    :meth:`_get_steps`, with a method ``_look_at_<code>()`` that returns what was found
    (empty: the step is to do) and ``_open_<code>()`` that returns the action of its
    button.
    """

    _name = "account.dunning.setup"
    _description = "Set-Up of Dunning"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    step_ids = fields.One2many(
        comodel_name="account.dunning.setup.step", inverse_name="setup_id"
    )
    done_percent = fields.Float(string="Done", compute="_compute_done_percent")

    # === COMPUTE METHODS === #

    @api.depends("step_ids.is_done")
    def _compute_done_percent(self):
        for setup in self:
            done = len(setup.step_ids.filtered("is_done"))
            setup.done_percent = 100 * done / max(1, len(setup.step_ids))

    # === ACTION METHODS === #

    @api.model
    def action_open(self):
        """Look at the current company and show its steps."""
        setup = self.create({"step_ids": self._prepare_steps()})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set-Up"),
            "res_model": self._name,
            "res_id": setup.id,
            "view_mode": "form",
            # the place to come back to from each step, whose figures are new then
            "target": "main",
        }

    def action_refresh(self):
        """Look again."""
        self.ensure_one()
        self.step_ids = [Command.clear(), *self._prepare_steps()]

    # === BUSINESS METHODS === #

    @api.model
    def _get_steps(self):
        """Return {code: (what to do, why)} in the order in which to do it."""
        return {
            "policy": (
                self.env._("Choose the policy"),
                self.env._("When customers are reminded, how firmly and how."),
            ),
            "sender": (
                self.env._("Give the company an e-mail address"),
                self.env._("E-mails come from it, and customers answer to it."),
            ),
            "bank": (
                self.env._("Name the bank account"),
                self.env._("Letters say where to pay."),
            ),
            "charges": (
                self.env._("Choose where charges are billed"),
                self.env._("Interest and fees need a sales journal, if you bill them."),
            ),
            "contact": (
                self.env._("Look at the contact rules"),
                self.env._("When and how often customers may be contacted."),
            ),
            "collector": (
                self.env._("Say who collects"),
                self.env._("Debtors come onto the worklists of collectors."),
            ),
            "run": (
                self.env._("Propose a first run"),
                self.env._("It is only a plan: nothing goes out before you issue it."),
            ),
        }

    @api.model
    def _prepare_steps(self):
        return [
            Command.create(
                {"code": code, "name": name, "reason": reason, "found": found}
            )
            for code, (name, reason) in self._get_steps().items()
            for found in [getattr(self, f"_look_at_{code}")(self.env.company) or ""]
        ]

    # === BUSINESS METHODS - STEPS === #

    @api.model
    def _look_at_policy(self, company):
        policy = company.dunning_policy_id
        levels = policy.level_ids.filtered("active")
        if not levels:
            return ""
        names = ", ".join(levels.mapped("name"))
        return self.env._("%(policy)s: %(levels)s", policy=policy.name, levels=names)

    @api.model
    def _open_policy(self, company):
        if company.dunning_policy_id:
            return company.dunning_policy_id._get_records_action()
        return self._open_settings()

    @api.model
    def _look_at_sender(self, company):
        levels = company.dunning_policy_id.level_ids.filtered("active")
        mailing = levels.filtered("channel_email")
        if not company.email or not all(level.mail_template_id for level in mailing):
            return ""
        return company.email_formatted

    @api.model
    def _open_sender(self, company):
        return company._get_records_action()

    @api.model
    def _look_at_bank(self, company):
        return company.partner_id.bank_ids[:1].display_name

    @api.model
    def _open_bank(self, company):
        return company.partner_id._get_records_action()

    @api.model
    def _look_at_charges(self, company):
        if not self._bills(company.dunning_policy_id):
            return self.env._("The policy bills nothing.")
        if company._get_dunning_charge_gap():
            return ""
        return company._get_dunning_charge_journal().display_name

    @api.model
    def _bills(self, policy):
        return bool(policy) and policy._bills_charges()

    @api.model
    def _open_charges(self, company):
        return self._open_settings()

    @api.model
    def _look_at_contact(self, company):
        rules = self.env["account.dunning.contact.rule"]._get_for_company(company)
        counting = company.dunning_policy_id.contact_rule_id | rules.filtered(
            lambda rule: rule.automatic
            and (not rule.country_id or rule.country_id == company.country_id)
            and (
                not rule.country_group_id
                or company.country_id in rule.country_group_id.country_ids
            )
        )
        return ", ".join(counting.mapped("name"))

    @api.model
    def _open_contact(self, company):
        return self._get_action("account_dunning_contact_rule_action")

    @api.model
    def _look_at_collector(self, company):
        Rule = self.env["account.dunning.assignment.rule"]
        rules = Rule.search([("company_id", "in", [False, company.id])])
        debtors = self.env["account.dunning.debtor"]._read_group(
            [("company_id", "=", company.id), ("user_id", "!=", False)], ["user_id"]
        )
        users = self.env["res.users"].union(*(user for (user,) in debtors))
        users |= rules.user_ids | rules.team_id.member_ids
        return ", ".join(users.sudo().mapped("name"))

    @api.model
    def _open_collector(self, company):
        return self._get_action("account_dunning_assignment_rule_action")

    @api.model
    def _look_at_run(self, company):
        run = self.env["account.dunning.run"].search(
            [("company_id", "=", company.id), ("state", "!=", "draft")], limit=1
        )
        return run.display_name if run else ""

    @api.model
    def _open_run(self, company):
        action = self._get_action("account_dunning_run_action")
        return {**action, "views": [(False, "form")], "view_mode": "form"}

    @api.model
    def _get_action(self, name):
        return self.env["ir.actions.act_window"]._for_xml_id(
            f"account_dunning_advanced.{name}"
        )

    @api.model
    def _open_settings(self):
        """Return the settings; who may not change them is told who may.

        :raise UserError: the user does not administrate the database.
        """
        if not self.env.user.has_group("base.group_system"):
            raise UserError(
                self.env._(
                    "The settings are the administrator's. Ask them to fill in the"
                    " section “Dunning” of the Invoicing settings."
                )
            )
        return self.env["ir.actions.actions"]._for_xml_id(
            "account.action_account_config"
        )
