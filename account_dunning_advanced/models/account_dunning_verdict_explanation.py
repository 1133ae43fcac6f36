from odoo import api, models
from odoo.tools.misc import format_date


class AccountDunningVerdictExplanation(models.Model):
    """Explaining: each reason in a sentence, and what would change it.

    A reason's own method says both, of the values that decided; nothing is stored.
    """

    # a room of its own: the words of the reasons
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.verdict"

    @api.model
    def _explain(self, row):
        """Say in the reader's language why, and what would change it.

        A reason that an addon adds is explained by a method ``_explain_<reason>`` on
        this model, which takes a row of the assessing statement and returns the two
        sentences.

        :param dict row: a row of the assessing statement.
        :return: (explanation, remedy); the remedy is empty where nothing need be done.
        """
        explain = getattr(self, f"_explain_{row['reason']}", None)
        if explain is None:
            return dict(self._fields["reason"]._description_selection(self.env)).get(
                row["reason"], row["reason"]
            ), ""
        return explain(row)

    @api.model
    def _format_amount(self, row, column):
        currency = self.env["res.currency"].browse(row["currency_id"])
        return currency.format(row[column] or 0.0)

    @api.model
    def _format_day(self, row, column="reason_date"):
        return format_date(self.env, row[column]) if row[column] else ""

    @api.model
    def _get_cause_name(self, row):
        """Name the record behind the reason, as far as the reader may see it."""
        model, res_id = row["cause_model"], row["cause_id"]
        if not res_id or model not in self.env:
            return ""
        cause = self.env[model].browse(res_id).exists()
        return cause.display_name if cause and cause.has_access("read") else ""

    @api.model
    def _get_level_name(self, row, column):
        return self.env["account.dunning.level"].browse(row[column]).name or ""

    def _explain_dun(self, row):
        values = {
            "level": self._get_level_name(row, "level_id"),
            "dunned": self._format_amount(row, "dunned"),
            "days": row["days_overdue"],
            "due": self._format_day(row, "date_due"),
        }
        if row["covered"]:
            return self.env._(
                "Dunned at level “%(level)s” for %(dunned)s; %(cover)s",
                **values,
                cover=self._explain_cover(row),
            ), ""
        if not row["days_overdue"]:
            return self.env._(
                "Dunned at level “%(level)s” for %(dunned)s, due on %(due)s.", **values
            ), ""
        return self.env._(
            "Dunned at level “%(level)s” for %(dunned)s, %(days)s days overdue.",
            **values,
        ), ""

    def _explain_cover(self, row):
        """Say what covers how much of the item; names the record if it is one only."""
        values = {
            "cause": self._get_cause_name(row),
            "covered": self._format_amount(row, "covered"),
            "residual": self._format_amount(row, "residual"),
        }
        if row["cause_model"] == "account.dunning.dispute":
            return self.env._(
                "%(covered)s of %(residual)s is disputed: %(dispute)s.",
                **values,
                dispute=values["cause"] or "–",
            )
        if values["cause"]:
            return self.env._("%(cause)s covers %(covered)s of %(residual)s.", **values)
        return self.env._(
            "Open credits and money under way cover %(covered)s of %(residual)s.",
            **values,
        )

    def _explain_nothing_owed(self, row):
        return self.env._(
            "Settled in its currency; only an exchange difference is still open."
        ), self.env._("Reconcile the item to book the exchange difference.")

    def _explain_excluded(self, row):
        return self.env._("The item is excluded from follow-up."), self.env._(
            "Take off “No Dunning” on the invoice."
        )

    def _explain_blocked(self, row):
        return self.env._("The invoice is blocked for payment."), self.env._(
            "Unblock the invoice."
        )

    def _explain_no_partner(self, row):
        return self.env._("The item names no customer."), self.env._(
            "Set the customer on the journal item."
        )

    def _explain_no_policy(self, row):
        return self.env._("No dunning policy applies."), self.env._(
            "Set a policy on the company, the customer or the invoice."
        )

    def _explain_not_due(self, row):
        if not row["next_level_id"] or row["date_due"] == row["reason_date"]:
            return self.env._(
                "Due on %(due)s.", due=self._format_day(row, "date_due")
            ), ""
        return self.env._(
            "Due on %(due)s; the first level is due on %(date)s.",
            due=self._format_day(row, "date_due"),
            date=self._format_day(row),
        ), ""

    def _explain_settlement(self, row):
        return self._explain_agreement(row)

    def _explain_plan(self, row):
        return self._explain_agreement(row)

    def _explain_promise(self, row):
        return self._explain_agreement(row)

    def _explain_agreement(self, row):
        agreement = self.env["account.dunning.promise"].browse(row["cause_id"]).exists()
        line = agreement.line_ids.filtered(lambda line: line.state != "kept")[:1]
        line = line or agreement.line_ids[-1:]
        values = {
            "amount": line.currency_id.format(line.amount) if line else "–",
            "date": format_date(self.env, line.date) if line else "–",
            "user": agreement.user_id.name or "–",
            "number": len(agreement.line_ids),
            "total": self._format_agreed(agreement, "amount_total"),
            "open": self._format_agreed(agreement, "amount_open"),
        }
        texts = {
            "promise": self.env._(
                "Promised %(amount)s by %(date)s, taken by %(user)s.", **values
            ),
            "plan": self.env._(
                "Payment plan of %(number)s instalments: next %(amount)s by %(date)s,"
                " taken by %(user)s.",
                **values,
            ),
            "settlement": self.env._(
                "Settlement for %(total)s of %(open)s: next %(amount)s by %(date)s,"
                " taken by %(user)s.",
                **values,
            ),
        }
        return texts[row["reason"]], self.env._(
            "Wait until %(date)s, or cancel the agreement.", date=self._format_day(row)
        )

    def _format_agreed(self, agreement, name):
        return agreement.currency_id.format(agreement[name]) if agreement else "–"

    def _explain_disputed(self, row):
        dispute = self.env["account.dunning.dispute"].browse(row["cause_id"]).exists()
        values = {
            "dispute": self._get_cause_name(row) or self.env._("A dispute"),
            "amount": self._format_amount(row, "reason_amount"),
            "user": dispute.user_id.name or "–",
            "date": self._format_day(row) or "–",
        }
        if dispute.state in ("partly", "rejected"):
            return self.env._(
                "%(dispute)s was decided; the customer has until %(date)s to pay"
                " %(amount)s.",
                **values,
            ), ""
        return self.env._(
            "%(dispute)s: %(amount)s, to be decided by %(user)s until %(date)s.",
            **values,
        ), self.env._("Decide the dispute.")

    def _explain_hold_item(self, row):
        return self._explain_hold(row)

    def _explain_hold_invoice(self, row):
        return self._explain_hold(row)

    def _explain_hold_debtor(self, row):
        return self._explain_hold(row)

    def _explain_hold(self, row):
        hold = self.env["account.dunning.hold"].browse(row["cause_id"]).exists()
        values = {
            "date": self._format_day(row),
            "user": hold.user_id.name or "–",
            "reason": hold.reason or "–",
        }
        if hold.stop:
            return self.env._(
                "Special stop: %(stop)s", stop=hold._get_stop_text()
            ), self.env._("Only a dunning manager may lift the stop.")
        remedy = self.env._("End the hold.")
        if row["reason_date"]:
            return self.env._(
                "On hold until %(date)s by %(user)s: %(reason)s", **values
            ), remedy
        return self.env._(
            "On hold without end by %(user)s: %(reason)s", **values
        ), remedy

    def _explain_relief(self, row):
        # why many are not dunned is no secret, whatever the reader may see besides
        relief_sudo = self.env["account.dunning.relief"].sudo().browse(row["cause_id"])
        if not relief_sudo.exists():
            return self.env._("A relief was in force."), ""
        return relief_sudo._get_text(), self.env._(
            "Wait for that day, or let a manager end the relief."
        )

    def _explain_factored(self, row):
        # to whom a claim belongs is no secret among those who see the claim
        Factoring = self.env["account.dunning.factoring"].sudo()
        factoring_sudo = Factoring.browse(row["cause_id"])
        if not factoring_sudo.exists():
            return self.env._("The claim belonged to a factor."), ""
        return factoring_sudo._get_text(), self.env._(
            "Let a manager note that the claim was given back."
        )

    def _explain_offer(self, row):
        offer = self.env["account.dunning.offer"].browse(row["cause_id"]).exists()
        # the amount is in every letter, the record may be of another company
        offer_sudo = offer.sudo()
        return self.env._(
            "The customer was offered %(discount)s for settling until %(date)s.",
            discount=offer_sudo.currency_id.format(offer_sudo.amount_discount)
            if offer
            else "–",
            date=self._format_day(row),
        ), self.env._("Wait for that day, or withdraw the offer.")

    def _explain_in_payment(self, row):
        remedy = self.env._("Match the payment with the invoice.")
        cause = self._get_cause_name(row)
        if cause:
            return self.env._("Payment under way: %(cause)s.", cause=cause), remedy
        return self.env._("A payment of the invoice is under way."), remedy

    def _explain_credit_covers(self, row):
        return self._explain_cover(row), self.env._(
            "Match the credit with the invoice."
        )

    def _explain_charge(self, row):
        return self.env._(
            "Bill of a notice's charges: asked for in the next notice on other items,"
            " but no reason for one."
        ), self.env._("Waive the charge on its notice, or wait for payment.")

    def _explain_top_level(self, row):
        level = self._get_level_name(row, "current_level_id")
        if not level:
            cap = (
                self.env["account.move.line"].browse(row["line_id"])
            ).dunning_max_level_id
            if cap:
                return self.env._(
                    "The item goes no higher than “%(cap)s”, and no level up to it is"
                    " left.",
                    cap=cap.name,
                ), self.env._("Change the highest level of the item.")
            return self.env._("The policy has no level."), self.env._(
                "Add levels to the policy."
            )
        return self.env._(
            "Level “%(level)s” was given on %(date)s; the item goes no higher.",
            level=level,
            date=self._format_day(row, "date_notice") or "–",
        ), self.env._("Call the customer, or start legal steps.")

    def _explain_not_yet(self, row):
        return self.env._(
            "Level “%(level)s” is due on %(date)s.",
            level=self._get_level_name(row, "next_level_id"),
            date=self._format_day(row),
        ), ""

    def _explain_interval(self, row):
        return self.env._(
            "Too soon after the last notice; level “%(level)s” can follow on %(date)s.",
            level=self._get_level_name(row, "next_level_id"),
            date=self._format_day(row),
        ), ""

    def _explain_below_minimum(self, row):
        level = self.env["account.dunning.level"].browse(row["next_level_id"])
        values = {
            "level": level.name,
            "amount": self._format_amount(row, "reason_amount"),
            "minimum": level.currency_id.format(level.min_amount),
            "share": level.min_percent,
        }
        if level.min_percent:
            return self.env._(
                "%(amount)s open here; the customer's sum misses the minimum of level"
                " “%(level)s” (%(minimum)s, %(share)s %% of the balance).",
                **values,
            ), ""
        return self.env._(
            "%(amount)s open here; the customer's sum misses the minimum of level"
            " “%(level)s” (%(minimum)s).",
            **values,
        ), ""

    def _explain_no_address(self, row):
        return self.env._(
            "None of the level's channels can reach the customer."
        ), self.env._("Add an e-mail address or a postal address to the customer.")
