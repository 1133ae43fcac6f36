import heapq
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

# Context key under which call mode keeps the place in the worklist: a pair of the
# priority at which a debtor was opened, and its id.
PLACE_KEY = "dunning_place"


class AccountDunningDebtorWorklist(models.Model):
    """Whose debtors they are, who stands in, and which one comes next."""

    # a room of its own: the work of collectors
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.debtor"

    acting_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Worked By",
        compute="_compute_acting_user_id",
        help="The collector, or who stands in for the collector today.",
    )
    absence_text = fields.Char(compute="_compute_acting_user_id")
    is_mine = fields.Boolean(
        string="Mine",
        compute="_compute_is_mine",
        search="_search_is_mine",
        help="I am the collector, or stand in for the collector today.",
    )
    is_my_teams = fields.Boolean(
        string="My Team's",
        compute="_compute_is_mine",
        search="_search_is_my_teams",
        help="A collector of a team that I lead or belong to works on it.",
    )

    # === COMPUTE METHODS === #

    @api.depends("user_id")
    @api.depends_context("lang")
    def _compute_acting_user_id(self):
        Absence = self.env["account.dunning.absence"]
        away = Absence._get_away(self.env.company._dunning_today())
        for debtor in self:
            acting = Absence._get_acting(debtor.user_id, away)
            debtor.acting_user_id = acting
            debtor.absence_text = acting != debtor.user_id and self.env._(
                "%(collector)s is away until %(date)s; %(substitute)s stands in.",
                collector=debtor.user_id.sudo().name,
                date=format_date(self.env, away[debtor.user_id].date_to),
                substitute=acting.sudo().name,
            )

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        mine, teams = self._get_my_user_ids(), self._get_my_teams_user_ids()
        for debtor in self:
            debtor.is_mine = debtor.user_id.id in mine
            debtor.is_my_teams = debtor.user_id.id in teams

    @api.model
    def _search_is_mine(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._search_user_ids(self._get_my_user_ids(), value)

    @api.model
    def _search_is_my_teams(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._search_user_ids(self._get_my_teams_user_ids(), value)

    @api.model
    def _search_user_ids(self, user_ids, value):
        inside = Domain("user_id", "in", user_ids)
        domains = {True: inside, False: ~inside}
        return Domain.OR(domains[bool(wanted)] for wanted in value)

    # === ACTION METHODS === #

    def action_next(self):
        """Go to the next debtor of my worklist that is still to be worked on today.

        By the place at which this one was opened, so that what was passed over is not
        met again on each step; at the end the list begins anew.
        """
        self.check_access("read")
        domain = self._get_worklist_domain()
        following = self.search(domain & self._get_after_domain(), limit=1)
        following = following or self.search(
            domain & Domain("id", "not in", self.ids), limit=1
        )
        if not following:
            return self._get_done_notification()
        left = self.search_count(domain)
        return {
            **following._get_records_action(),
            "name": self.env._("Worklist (%s left)", left),
            "context": {
                **self.env.context,
                PLACE_KEY: [following.priority, following.id],
            },
        }

    def action_start(self):
        """Open the first debtor of my worklist."""
        return self.browse().action_next()

    def action_assign(self):
        """Give these debtors to a collector, spread them, or let the rules do it."""
        self.check_access("read")
        return self.env["account.dunning.assign"]._open(self)

    # === BUSINESS METHODS === #

    @api.model
    def _get_my_user_ids(self):
        """Return the ids of the user and of those for whom the user stands in today."""
        Absence = self.env["account.dunning.absence"]
        away = Absence._get_away(self.env.company._dunning_today())
        stood_for = [
            user.id
            for user in away
            if Absence._get_acting(user, away).id == self.env.uid
        ]
        return [self.env.uid, *stood_for]

    @api.model
    def _get_my_teams_user_ids(self):
        teams_sudo = (
            self.env["account.dunning.team"]
            .sudo()
            .search(
                Domain("user_id", "=", self.env.uid)
                | Domain("member_ids", "in", self.env.uid)
            )
        )
        return [self.env.uid, *teams_sudo.member_ids.ids]

    @api.model
    def _get_worklist_domain(self):
        """Return what is on my worklist today: overdue, and not dealt with today.

        Mine and nobody's, as the list shows them when it opens. Who was spoken to
        today, is on hold or is to be looked at on a later day waits; a notice that went
        out today is no reason not to call.
        """
        today = self.env.company._dunning_today()
        return (
            (Domain("is_mine", "=", True) | Domain("user_id", "=", False))
            & Domain("company_id", "=", self.env.company.id)
            & Domain("amount_overdue", ">", 0)
            & (
                Domain("reply_count", ">", 0)
                | Domain("stage", "not in", self._get_idle_stages())
                & (
                    Domain("last_spoken_date", "=", False)
                    | Domain("last_spoken_date", "<", today)
                )
                & (
                    Domain("next_action_date", "=", False)
                    | Domain("next_action_date", "<=", today)
                )
            )
        )

    @api.model
    def _get_idle_stages(self):
        """Return the stages in which a collector leaves a debtor alone.

        For an addon to add one, it must override this method.
        """
        return ["hold", "covered"]

    def _get_after_domain(self):
        """Return what stands below the place where this debtor was opened."""
        if not self:
            return Domain.TRUE
        self.ensure_one()
        place = self.env.context.get(PLACE_KEY)
        priority = self.priority
        # the place is of the debtor that call mode opened, not of any other
        if isinstance(place, list) and len(place) == 2 and place[1] == self.id:
            priority = place[0]
        return Domain("priority", "<", priority) | Domain(
            "priority", "=", priority
        ) & Domain("id", ">", self.id)

    @api.model
    def _get_done_notification(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Nobody is left on your worklist today."),
            },
        }

    def _spread(self, users):
        """Give these debtors to the users, the next to whom has the fewest.

        The biggest first, so that the big ones are spread as well.

        :raise UserError: there is nobody to give them to.
        """
        if not users:
            raise UserError(self.env._("Choose at least one collector."))
        counts = dict(
            self._read_group(
                [
                    ("user_id", "in", users.ids),
                    ("amount_overdue", ">", 0),
                    ("id", "not in", self.ids),
                ],
                ["user_id"],
                ["__count"],
            )
        )
        queue = [
            (counts.get(user, 0), place, user.id) for place, user in enumerate(users)
        ]
        heapq.heapify(queue)
        shares = defaultdict(list)
        for debtor in self.sorted("amount_overdue", reverse=True):
            load, place, user_id = queue[0]
            shares[user_id].append(debtor.id)
            heapq.heapreplace(queue, (load + 1, place, user_id))
        for user_id, ids in shares.items():
            self.browse(ids).user_id = user_id
