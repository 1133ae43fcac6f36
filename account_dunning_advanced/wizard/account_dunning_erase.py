from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import split_every

from ..models.account_dunning_retention_erasing import BATCH


class AccountDunningErase(models.TransientModel):
    """A person asks to be forgotten: what is held, what must stay and why, what can go.

    By GDPR art. 17(3) what a law demands to keep, and what is needed to establish or
    defend a claim, stays; it can be restricted instead (art. 18).

    Of a company's contact it is what the export hands out of that person; what is about
    colleagues or the company as such stays.
    """

    _name = "account.dunning.erase"
    _description = "Request to Erase"

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", required=True, readonly=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    reference = fields.Char(
        required=True,
        help="The number under which the request is filed. It stands in the record of"
        " erasures: write no name.",
    )
    is_contact = fields.Boolean(
        string="Contact of a Company",
        compute="_compute_plan",
        help="Stops are for whole companies: one person is not restricted alone.",
    )
    summary = fields.Html(compute="_compute_plan", sanitize=False)
    has_claim = fields.Boolean(compute="_compute_plan")
    is_kept = fields.Boolean(compute="_compute_plan")
    erasable_count = fields.Integer(compute="_compute_plan")
    restrict = fields.Boolean(
        string="Restrict What Is Kept",
        compute="_compute_restrict",
        store=True,
        readonly=False,
        help="What must be kept is not used any more: no contacts, no ranking. Only a"
        " dunning manager lifts it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "company_id")
    def _compute_plan(self):
        for wizard in self:
            plan = wizard._get_plan()
            wizard.is_contact = wizard._is_contact()
            wizard.summary = wizard._describe(plan)
            wizard.erasable_count = sum(len(going) for _rule, _held, going in plan)
            wizard.is_kept = wizard._keeps(plan)
            wizard.has_claim = wizard._has_claim()

    @api.depends("partner_id", "company_id")
    def _compute_restrict(self):
        """Where a claim is open, what is kept is needed to collect it."""
        for wizard in self:
            # from the plan itself: a flush computes this amid the fields above
            kept = wizard._keeps(wizard._get_plan())
            wizard.restrict = (
                kept and not wizard._has_claim() and not wizard._is_contact()
            )

    # === ACTION METHODS === #

    def action_erase(self):
        """Erase what can go, restrict the rest if it was chosen, and keep the record.

        :return: an action: the records of what was erased, or a word that nothing was.
        """
        self.ensure_one()
        Retention = self.env["account.dunning.retention"]
        Retention._check_manager()
        self.check_access("write")
        self.partner_id.check_access("read")
        restrict = self.restrict
        erasures = self.env["account.dunning.erasure"]
        for rule, _held, going in self._get_plan():
            for ids in split_every(BATCH, going.ids):
                erasures |= rule._erase(
                    going.browse(ids),
                    self.company_id,
                    basis="request",
                    reference=self.reference,
                )
        if not self._is_contact():
            self._erase_notes()
        if restrict:
            self._restrict()
        if not erasures:
            return self._tell_restricted()
        return erasures.with_env(self.env)._get_records_action(
            name=self.env._("What Was Erased")
        )

    def _erase_notes(self):
        """Delete what was noted on the customer, unless contact records must stay."""
        partner = self.partner_id.commercial_partner_id
        Retention = self.env["account.dunning.retention"]
        rules = Retention._get_rules(self.company_id)
        is_duty = any(rule.is_duty for rule in rules if rule.kind == "contact")
        if not is_duty and not self._has_claim():
            Retention._delete_notes(Retention._get_rows(partner, self.company_id))

    def _tell_restricted(self):
        """Return a word to who has erased nothing."""
        text = self.env._("Nothing was erased.")
        if self.restrict:
            text = self.env._(
                "%s is restricted: what is kept is not used. A hold tells of it.",
                self.partner_id.display_name,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": text,
                "type": "success" if self.restrict else "info",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    # === BUSINESS METHODS === #

    def _is_contact(self):
        """Return whether it is one person of a company who asks."""
        self.ensure_one()
        return self.partner_id != self.partner_id.commercial_partner_id

    def _get_plan(self):
        """Return a list of (rule, records held, those of them that can go now)."""
        self.ensure_one()
        Retention = self.env["account.dunning.retention"]
        Retention._check_manager()
        partner = self.partner_id.commercial_partner_id
        about = {}
        if self._is_contact():
            about = self.env["account.dunning.personal"]._collect(self.partner_id)[0]
        plan = []
        for rule in Retention._get_rules(self.company_id):
            held = rule._get_records(self.company_id, partner)
            going = (
                rule._get_due(self.company_id, partner)
                if rule.is_duty
                else held - rule._get_needed(held, self.company_id)
            )
            if self._is_contact():
                # as the export has it: nothing of colleagues
                own = about.get(held._name, held.browse())
                held, going = held & own, going & own
            if held:
                plan.append((rule, held, going))
        return plan

    @api.model
    def _keeps(self, plan):
        return any(held - going for _rule, held, going in plan)

    def _has_claim(self):
        since = self.env["account.dunning.retention"]._get_needed_since(self.company_id)
        return self.partner_id.commercial_partner_id.id in since

    def _describe(self, plan):
        """Return the plan as a table."""
        row = Markup("<tr><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>")
        kinds = dict(
            self.env["account.dunning.retention"]
            ._fields["kind"]
            ._description_selection(self.env)
        )
        rows = [
            row
            % (
                kinds[rule.kind],
                len(held),
                len(going),
                self._get_why_kept(rule, held - going),
            )
            for rule, held, going in plan
        ]
        if not rows:
            return self.env._("Nothing is held on this customer by dunning.")
        head = Markup("<tr>%s</tr>") % Markup("").join(
            Markup("<th>%s</th>") % text
            for text in (
                self.env._("Kind of record"),
                self.env._("Held"),
                self.env._("Can go now"),
                self.env._("Why the rest stays"),
            )
        )
        return Markup('<table class="table table-sm">%s%s</table>') % (
            head,
            Markup("").join(rows),
        )

    def _get_why_kept(self, rule, kept):
        """Say why some records stay; empty where none does."""
        if not kept:
            return ""
        if rule._get_needed(kept, self.company_id) == kept:
            return self.env._(
                "Needed to establish or defend a claim that is open, or held for legal"
                " reasons (GDPR art. 17(3)(e))."
            )
        return self.env._(
            "The law demands to keep it (GDPR art. 17(3)(b)): %s", rule._get_text()
        )

    def _restrict(self):
        """Put the customer under the special stop that bars the use of its data."""
        Hold = self.env["account.dunning.hold"]
        partner = self.partner_id.commercial_partner_id
        known = [
            ("partner_id", "=", partner.id),
            ("company_id", "=", self.company_id.id),
            ("stop", "=", "restricted"),
            ("state", "!=", "ended"),
        ]
        if Hold.search_count(known, limit=1):
            return
        Hold.create(
            {
                "partner_id": partner.id,
                "company_id": self.company_id.id,
                "stop": "restricted",
                "reason": self.env._(
                    "Request %s: kept by law, not to be used", self.reference
                ),
            }
        )
