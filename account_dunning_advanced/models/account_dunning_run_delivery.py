from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.ir_qweb import QWebError

# Bounces that stop a run at least, whatever share they are of few.
BOUNCES_AT_LEAST = 3


class MismatchError(UserError):
    """A notice whose total is not the sum of what it lists."""


class AccountDunningRunDelivery(models.Model):
    """Watching a run's delivery: it waits for a person, or stops by itself."""

    # a room of its own: delivery
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.run"

    delivery_hold = fields.Selection(
        selection=[
            ("sample", "Waits for a check"),
            ("stopped", "Stopped"),
        ],
        readonly=True,
        copy=False,
        tracking=True,
        help="Nothing of the run is delivered until a person lets it go on.",
    )
    delivery_hold_reason = fields.Char(readonly=True, copy=False)

    # === CRUD METHODS === #

    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"delivery_hold", "delivery_hold_reason"}

    # === ACTION METHODS === #

    def action_view_samples(self):
        """Open the notices to be checked, with their letters."""
        self.ensure_one()
        self.check_access("write")
        samples = self._get_samples()
        samples._render_letters()
        action = self.action_view_notices()
        action["domain"] = [("id", "in", samples.ids)]
        return action

    def action_release_delivery(self):
        """Deliver, or go on delivering, what waits."""
        self.check_access("write")
        self._unguarded().write({"delivery_hold": False, "delivery_hold_reason": False})
        self.env.ref("account_dunning_advanced.ir_cron_deliver")._trigger()

    # === BUSINESS METHODS === #

    def _start_issue(self):
        self._check_texts()
        if not self.issue_started:
            self._hold_for_samples()
        return super()._start_issue()

    def _check_texts(self):
        """Check the texts by the rules of the debtors' countries.

        :raise UserError: a text may not go out.
        """
        drafts = self.notice_ids.filtered(lambda notice: notice.state == "draft")
        Rule = self.env["account.dunning.text.rule"]
        for level, notices in drafts.grouped("level_id").items():
            by_lang = notices.grouped(lambda notice: notice._get_lang())
            for lang, written in by_lang.items():
                # what is required in one language need not stand in another
                rules = Rule._find_for_debtors(written.partner_id, self.company_id)
                level._check_texts_by(rules, [lang])

    def _hold_for_samples(self):
        """Let the delivery wait where a policy of the run wants its first checked."""
        count = self._get_sample_count()
        if count:
            self._unguarded().write(
                {
                    "delivery_hold": "sample",
                    "delivery_hold_reason": self.env._(
                        "Look at the first %(count)s notices, then deliver.",
                        count=count,
                    ),
                }
            )

    def _get_sample_count(self):
        self.ensure_one()
        policies = self.notice_ids.level_id.policy_id
        return max(policies.mapped("canary_count"), default=0)

    def _get_samples(self):
        """Return the first notices of the run that are to be delivered."""
        self.ensure_one()
        return self.env["account.dunning.notice"].search(
            [
                ("run_id", "=", self.id),
                ("state", "=", "issued"),
                ("delivery_state", "=", "pending"),
            ],
            order="id",
            limit=self._get_sample_count() or 1,
        )

    def _check_delivery_hold(self):
        """:raise UserError: the delivery waits for a person."""
        for run in self.filtered("delivery_hold"):
            raise UserError(
                self.env._(
                    "The delivery of %(run)s waits: %(reason)s",
                    run=run.display_name,
                    reason=run.delivery_hold_reason or "",
                )
            )

    def _stop_delivery(self, reason):
        """Stop the delivery of what is still to be delivered, and tell somebody."""
        for run in self.filtered(lambda run: run.delivery_hold != "stopped"):
            run._unguarded().write(
                {"delivery_hold": "stopped", "delivery_hold_reason": reason}
            )
            responsible = run.user_id or run.company_id.dunning_user_id or self.env.user
            run.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=responsible.id,
                summary=self.env._("Delivery stopped: %(reason)s", reason=reason),
            )

    def _stop_on_error(self, error):
        """Stop where the fault lies in a text or in the figures, not in one address."""
        if self._concerns_all(error):
            self._stop_delivery(str(error))

    def _concerns_all(self, error):
        """Whether an error is likely to meet the other notices as well."""
        while error:
            if isinstance(error, (QWebError, MismatchError)):
                return True
            # a template that cannot be rendered is a UserError over what happened
            if isinstance(error, UserError) and error.__cause__:
                return True
            error = error.__cause__ or error.__context__
        return False

    def _stop_on_bounces(self):
        """Stop the runs of which too many e-mails came back."""
        # bounces come in by the mail gateway
        for run in self.sudo():
            limit = max(
                run.notice_ids.level_id.policy_id.mapped("max_bounce_percent"),
                default=0,
            )
            counts = dict(
                self.env["account.dunning.notice"]._read_group(
                    [("run_id", "=", run.id), ("mail_state", "!=", False)],
                    ["mail_state"],
                    ["__count"],
                )
            )
            bounced = counts.get("bounced", 0)
            sent = sum(
                counts.get(state, 0)
                for state in ("sent", "delivered", "bounced", "replied")
            )
            if limit and bounced >= BOUNCES_AT_LEAST and 100 * bounced > limit * sent:
                run._stop_delivery(
                    self.env._(
                        "%(bounced)s of %(sent)s e-mails came back.",
                        bounced=bounced,
                        sent=sent,
                    )
                )
