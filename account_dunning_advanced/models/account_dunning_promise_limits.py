from odoo import models

from .account_dunning_guard import is_dunning_manager


class AccountDunningPromiseLimits(models.Model):
    """Limits: how far who takes an agreement may go without asking for approval."""

    # rooms of their own: confirming and limits
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.promise"

    # === BUSINESS METHODS - LIMITS === #

    def _find_policy(self):
        """Return the policy of the items, by the rules that dunning itself goes by."""
        self.ensure_one()
        rows = self.move_line_ids._get_dunning_rows(self.company_id._dunning_today())
        ids = [row["policy_id"] for row in rows.values() if row.get("policy_id")]
        policies = self.env["account.dunning.policy"].browse(ids)
        return policies[:1] or self.company_id.dunning_policy_id

    def _get_limiting_policies(self):
        """Return the policies whose limits all hold; an override point.

        Who agrees may choose the policy of an invoice or a customer: that choice can
        tighten the limits of the company's own policy, but not loosen them.
        """
        self.ensure_one()
        company = self.company_id
        debtor = self.partner_id.with_company(company)
        return self.policy_id | debtor.dunning_policy_id | company.dunning_policy_id

    def _get_excess(self):
        """Return what exceeds the limits, as sentences; an override point."""
        self.ensure_one()
        texts = []
        for policy_sudo in self._get_limiting_policies().sudo():
            texts += self._get_excess_of(policy_sudo)
        if self._waives_above_limit():
            texts.append(
                self.env._(
                    "It waives %(amount)s, the limit of write-offs is %(limit)s.",
                    amount=self._format(self.amount_discount),
                    limit=self.company_id.currency_id.format(
                        self.company_id.dunning_writeoff_limit
                    ),
                )
            )
        return list(dict.fromkeys(texts))

    def _get_excess_of(self, policy):
        """Return what exceeds the limits of one policy, as sentences.

        Tolerance beyond the policy's own stops dunning as long as a later date would.
        """
        self.ensure_one()
        # counted from the confirmation, whatever day it is said to be made on
        begin = min(self.date, self.company_id._dunning_today())
        days = (max(self.line_ids.mapped("date")) - begin).days
        days += max(self.tolerance_days - policy.promise_tolerance_days, 0)
        number = len(self.line_ids)
        percent = 100 * self.amount_discount / (self.amount_open or 1)
        limits = [
            (
                days,
                policy.promise_max_days,
                self.env._(
                    "It lasts %(days)s days, the limit is %(limit)s.",
                    days=days,
                    limit=policy.promise_max_days,
                ),
            ),
            (
                number,
                policy.promise_max_instalments,
                self.env._(
                    "It has %(number)s instalments, the limit is %(limit)s.",
                    number=number,
                    limit=policy.promise_max_instalments,
                ),
            ),
            (
                percent,
                policy.promise_max_discount,
                self.env._(
                    "It waives %(percent).1f %%, the limit is %(limit).1f %%.",
                    percent=percent,
                    limit=policy.promise_max_discount,
                ),
            ),
        ]
        # a limit of 0 is none
        return [text for agreed, limit, text in limits if limit and agreed > limit]

    def _waives_above_limit(self):
        """Whether what is waived needs approval as a write-off of as much would.

        Together with what else was given up of the customer within a year, or is to
        be, without approval: or else a large waiver would go in small slices.
        """
        self.ensure_one()
        if self.currency_id.is_zero(self.amount_discount):
            return False
        company = self.company_id
        day = company._dunning_today()
        lines_sudo = self.env["account.dunning.writeoff.line"].sudo()
        lines_sudo = lines_sudo.search(
            self.env["account.dunning.writeoff"]._get_unapproved_domain(
                company, self.move_line_ids, self.partner_id, day
            )
        )
        others = self.search(
            [
                ("company_id", "=", company.id),
                ("partner_id", "=", self.partner_id.id),
                ("kind", "=", "settlement"),
                ("state", "=", "active"),
                ("approved_by_id", "=", False),
                ("id", "not in", self.ids),
            ]
        )
        given_up = sum(line_sudo._get_amount_at_stake() for line_sudo in lines_sudo)
        given_up += sum(
            promise.currency_id._convert(
                promise.amount_discount, company.currency_id, company, day
            )
            for promise in self | others
        )
        limit = company.dunning_writeoff_limit
        return company.currency_id.compare_amounts(given_up, limit) > 0

    # === BUSINESS METHODS - APPROVAL === #

    def _may_approve(self):
        """Whether the user may approve what exceeds the limits.

        A waiver above the limit of write-offs needs a second person, as those do.
        """
        self.ensure_one()
        if self.env.su:
            return True
        if not is_dunning_manager(self.env):
            return False
        takers = self.user_id | self.create_uid
        return self.env.user not in takers or not self._waives_above_limit()

    def _ask_approver(self, excess):
        """Leave the agreement in draft and tell who may approve it."""
        self._unguarded().needs_approval = True
        text = " ".join(excess)
        self.message_post(body=self.env._("Needs approval. %(why)s", why=text))
        approver = self.company_id.dunning_user_id
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=(approver or self.user_id or self.env.user).id,
            summary=self.env._("Approve the agreement"),
            note=text,
        )
