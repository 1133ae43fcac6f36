from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.tools import SQL


class AccountDunningNoticeCharging(models.Model):
    """Charging: bills what an issued notice charges, and credits it when it falls.

    The ledger's side of ``account.dunning.notice.charge``. A bill is an ordinary
    customer invoice, linked to its notice; it is dunned along with the items, starts
    no level of its own and bears no interest.
    """

    # rooms of their own: charging and delivering
    # pylint: disable=consider-merging-classes-inherited
    _inherit = "account.dunning.notice"

    charge_ids = fields.One2many(
        comodel_name="account.dunning.notice.charge",
        inverse_name="notice_id",
        readonly=True,
        domain=[("state", "!=", "refused")],
    )
    refused_charge_ids = fields.One2many(
        comodel_name="account.dunning.notice.charge",
        inverse_name="notice_id",
        string="Not Charged",
        readonly=True,
        domain=[("state", "=", "refused")],
    )
    charge_posting = fields.Selection(
        selection=lambda self: (
            self.env["account.dunning.policy"]
            ._fields["charge_posting"]
            ._description_selection(self.env)
        ),
        readonly=True,
        copy=False,
        help="When the charges are billed, as the policy said at the issue.",
    )
    charge_credit_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="dunning_notice_id",
        string="Bills and Credit Notes",
        readonly=True,
    )

    # === CRUD METHODS === #

    @api.model
    def _get_guarded_fields(self):
        return super()._get_guarded_fields() | {"charge_posting", "charge_credit_ids"}

    # === ACTION METHODS === #

    def action_view_charge_moves(self):
        """Open the bill of the charges and the credit notes on it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Bill of %(notice)s", notice=self.display_name),
            "res_model": "account.move",
            "view_mode": "list,form",
            "domain": [("dunning_notice_id", "=", self.id)],
            "context": {"create": False},
        }

    def action_add_charge(self):
        """Add a fee to these proposed notices; asks which and why."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add a Charge"),
            "res_model": "account.dunning.charge.add",
            "view_mode": "form",
            "target": "new",
            "context": {"default_notice_ids": self.ids},
        }

    # === BUSINESS METHODS - TOTALS === #

    def _refresh_charge_totals(self):
        """Sum the charges that count up to lines and notices, in two statements."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_dunning_notice_line line
                   SET amount_interest = COALESCE(charged.interest, 0),
                       amount_fee = COALESCE(charged.fee, 0)
                  FROM account_dunning_notice_line own
                  LEFT JOIN (
                      SELECT notice_line_id,
                             SUM(amount) FILTER (WHERE kind = 'interest') AS interest,
                             SUM(amount) FILTER (WHERE kind != 'interest') AS fee
                        FROM account_dunning_notice_charge
                       WHERE notice_id = ANY(%(ids)s)
                         AND state IN ('draft', 'shown', 'waiting', 'posted', 'carried')
                       GROUP BY 1
                  ) charged ON charged.notice_line_id = own.id
                 WHERE line.id = own.id AND own.notice_id = ANY(%(ids)s)""",
                ids=list(self.ids),
            )
        )
        self.env["account.dunning.notice.line"].invalidate_model(
            ["amount_interest", "amount_fee"]
        )
        self._refresh_totals(SQL("notice.id = ANY(%s)", list(self.ids)))

    def _get_letter_charges(self):
        """Return the charges that the letter explains: planned and owed ones.

        In the language of the letter; whoever may read the notice may read them.
        """
        self.ensure_one()
        return self.charge_ids.filtered(
            lambda charge: charge.state
            in ("draft", "shown", "waiting", "posted", "carried")
        )

    # === BUSINESS METHODS - ISSUING === #

    def _get_charge_posting(self):
        """Return when the charges are billed: as the policy said at the issue."""
        self.ensure_one()
        return self.charge_posting or self.level_id.policy_id.charge_posting

    def _get_open_charge_state(self):
        """Return the state of a charge that is announced and not billed."""
        return "waiting" if self._get_charge_posting() == "when_paid" else "shown"

    def _settle_charges(self):
        """Make the planned charges of issued notices owed, and bill those to be billed.

        In the transaction of the issue: either a notice is issued with its charges
        billed, or not at all.

        :raise UserError: what cannot be billed, and why.
        """
        charges_sudo = self.sudo().charge_ids.filtered(
            lambda charge: charge.state == "draft"
            and charge.notice_line_id.state == "issued"
        )
        if not charges_sudo:
            return
        # what was announced as never to be billed is not billed later either
        charges_sudo.filtered(lambda c: c.carried_from_id.state == "shown").write(
            {"state": "shown"}
        )
        charges_sudo.carried_from_id.write({"state": "carried"})
        for notice_sudo, of_notice in charges_sudo.grouped("notice_id").items():
            notice_sudo.charge_posting = notice_sudo._get_charge_posting()
            if notice_sudo.charge_posting != "post":
                of_notice.filtered(lambda c: c.state == "draft").write(
                    {"state": notice_sudo._get_open_charge_state()}
                )
        charges_sudo.filtered(lambda charge: charge.state == "draft")._bill()
        self._remember_interest_days()

    def _remember_interest_days(self):
        """Let each item remember until which day its interest has been charged."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line item
                   SET dunning_interest_date = charged.date_to
                  FROM (
                      SELECT move_line_id, MAX(date_to) AS date_to
                        FROM account_dunning_notice_charge
                       WHERE notice_id = ANY(%s) AND kind = 'interest'
                         AND state IN ('shown', 'waiting', 'posted')
                       GROUP BY 1
                  ) charged
                 WHERE item.id = charged.move_line_id
                   AND COALESCE(item.dunning_interest_date, '-infinity')
                       < charged.date_to""",
                list(self.ids),
            )
        )
        self.env["account.move.line"].invalidate_model(["dunning_interest_date"])

    def _reverse_charges(self, reason):
        """Take back what these notices charge; what they carried stands again.

        :param str reason: kept with the charges and on the credit notes.
        """
        charges_sudo = self.sudo().charge_ids
        own = charges_sudo.filtered(
            lambda charge: charge.state in ("shown", "waiting", "posted", "carried")
        )
        # whoever waived them, they belong to a notice that is no more
        waived = charges_sudo.filtered(lambda charge: charge.state == "waived")
        if not own | waived:
            return
        live = own._get_last_copies()
        carried = (own & live).carried_from_id.filtered(
            lambda charge: charge.state == "carried"
        )
        live._undo("reversed", reason)
        (own | waived).filtered(lambda c: c.state != "reversed").write(
            {"state": "reversed"}
        )
        for charge in carried:
            charge.state = charge.notice_id._get_open_charge_state()
        self._restore_interest_days((own | waived).move_line_id)
        # what became known since was told to the charges that repeated them
        for notice_sudo, charges in carried.grouped("notice_id").items():
            notice_sudo._correct_items(charges.ids)

    def _tell_charges(self, charges, state, reason):
        """Log on the notice what was decided about its charges, and why."""
        self.ensure_one()
        texts = {
            "waived": self.env._("Waived: %(charges)s. %(reason)s"),
            "reversed": self.env._("Taken back: %(charges)s. %(reason)s"),
            "posted": self.env._("Charged again: %(charges)s."),
        }
        self.message_post(
            body=texts[state]
            % {
                "charges": ", ".join(charges.mapped("display_name")),
                "reason": reason,
            }
        )

    @api.model
    def _restore_interest_days(self, items):
        """Set back until which day interest on these items has been charged."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE account_move_line item
                   SET dunning_interest_date = COALESCE(
                       (SELECT MAX(charge.date_to)
                          FROM account_dunning_notice_charge charge
                          JOIN account_dunning_notice notice
                            ON notice.id = charge.notice_id
                         WHERE charge.move_line_id = item.id
                           AND notice.state = 'issued'
                           AND charge.kind = 'interest'
                           AND charge.state IN
                               ('shown', 'waiting', 'posted', 'carried', 'waived')),
                       (SELECT line.previous_interest_date
                          FROM account_dunning_notice_line line
                         WHERE line.move_line_id = item.id
                         ORDER BY line.id LIMIT 1))
                 WHERE item.id = ANY(%s)""",
                list(items.ids),
            )
        )
        self.env["account.move.line"].invalidate_model(["dunning_interest_date"])

    # === BUSINESS METHODS - BILLING === #

    def _create_bills(self, charges, day=None):
        """Create and post one bill for each notice, all in one batch.

        :param charges: what to bill, charges of these notices.
        :param date day: of the bills; without it the notice's own.
        :return: {notice: bill}.
        """
        bills = {}
        by_notice = charges.grouped("notice_id")
        # at once, for one by one each would be read with all its columns
        charges.move_id.fetch(["name"])
        for company, notices in self.grouped("company_id").items():
            journal = company._get_dunning_charge_journal()
            has_tax = bool(
                charges.filtered(lambda c, n=notices: c.notice_id in n)._get_taxes_all()
            )
            for date in {day} if day else set(notices.mapped("date")):
                company._check_dunning_lock(date, has_tax, journal)
            # The bill is the process's own document: who may issue notices need not be
            # allowed to write invoices.
            moves = (
                self.env["account.move"]
                .sudo()
                .with_company(company)
                .with_context(
                    # nobody follows a bill of charges, and nothing is told of it
                    tracking_disable=True,
                    mail_create_nosubscribe=True,
                )
                .create(
                    [
                        notice._prepare_bill(
                            journal, by_notice[notice], day or notice.date
                        )
                        for notice in notices
                    ]
                )
            )
            moves._post(soft=False)
            bills.update(zip(notices, moves, strict=True))
        return bills

    def _prepare_bill(self, journal, charges, day):
        """Return the values of the invoice that bills these charges of the notice."""
        self.ensure_one()
        return {
            "move_type": "out_invoice",
            "dunning_notice_id": self.id,
            # of the branch, though the journal may be of the company above it
            "company_id": self.company_id.id,
            "journal_id": journal.id,
            "partner_id": self.partner_id.id,
            "currency_id": self.currency_id.id,
            "invoice_date": day,
            "date": day,
            "invoice_date_due": max(self.date_deadline, day),
            "invoice_payment_term_id": False,
            "invoice_origin": self.name,
            "ref": self.name,
            "invoice_user_id": self.user_id.id or self.env.uid,
            "invoice_line_ids": [
                fields.Command.create(group[:1]._prepare_bill_line(group))
                for group in charges._group_for_bill()
            ],
        }

    @api.model
    def _bill_waiting(self, company):
        """Bill the charges that waited for their items, where those are paid.

        What was charged on an invoice that has been credited as a whole is taken back
        instead, billed or not: nothing was owed. One notice's trouble keeps no other
        from its bill.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT charge.notice_id,
                       ARRAY_AGG(charge.id) FILTER (
                           WHERE move.payment_state != 'reversed') AS paid,
                       ARRAY_AGG(charge.id) FILTER (
                           WHERE move.payment_state = 'reversed') AS credited
                  FROM account_dunning_notice_charge charge
                  JOIN account_move_line item ON item.id = charge.move_line_id
                  JOIN account_move move ON move.id = charge.move_id
                 WHERE charge.company_id = %s AND item.reconciled IS TRUE
                   AND (charge.state = 'waiting'
                        OR charge.state IN ('shown', 'posted')
                           AND move.payment_state = 'reversed')
                 GROUP BY 1 ORDER BY 1""",
                company.id,
            )
        )
        Charge = self.env["account.dunning.notice.charge"]
        for notice_id, paid, credited in rows:
            notice = self.browse(notice_id)
            try:
                with self.env.cr.savepoint():
                    notice._settle_items(Charge.browse(paid), Charge.browse(credited))
            except (UserError, RedirectWarning) as error:
                notice._tell_unbilled(error.args[0])
        self._take_up_lost(company)

    @api.model
    def _take_up_lost(self, company):
        """Let charges wait again that were given up with items, which are open again.

        What a person waived stays waived.
        """
        self.env["account.dunning.notice.charge"].sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "waived"),
                ("is_lost", "=", True),
                ("move_line_id.reconciled", "=", False),
            ]
        )._reinstate()

    def _settle_items(self, paid, credited):
        """Bill what waits on paid items, and take back what was on credited ones."""
        self.ensure_one()
        # two that look at once: the second finds nothing waiting
        self.lock_for_update(allow_referencing=True)
        charges_sudo = (paid | credited).sudo()
        charges_sudo.invalidate_recordset(["state"])
        credited = charges_sudo.filtered(
            lambda charge: charge in credited
            and charge.state in ("shown", "waiting", "posted")
        )
        if credited:
            credited._undo("reversed", self.env._("The invoice was credited"))
            self._restore_interest_days(credited.move_line_id)
        waiting = (charges_sudo - credited).filtered(lambda c: c.state == "waiting")
        lost = waiting.filtered(lambda c: c.move_line_id._is_written_off())
        if lost:
            lost._undo("waived", self.env._("The item was written off"))
            lost.is_lost = True
        to_bill = waiting - lost
        to_bill |= self._charge_until_paid(to_bill)
        to_bill._bill(self.company_id._dunning_today())
        self._remember_interest_days()
        self._refresh_charge_totals()

    @api.model
    def _wake_billing(self, items):
        """Wake the billing of charges that wait for these items to be settled.

        Not done at once: this is the midst of somebody's matching.
        """
        # who registers payments need not see charges
        waiting_sudo = (
            self.env["account.dunning.notice.charge"]
            .sudo()
            .search_count(
                [
                    ("move_line_id", "in", items.ids),
                    "|",
                    ("state", "in", ("shown", "waiting", "posted")),
                    ("is_lost", "=", True),
                ],
                limit=1,
            )
        )
        if waiting_sudo:
            self.env.ref("account_dunning_advanced.ir_cron_bill_charges")._trigger()

    def _tell_unbilled(self, error):
        """Leave the responsible one to-do where the charges cannot be billed."""
        self.ensure_one()
        if not self.activity_ids:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=self.user_id.id
                or self.company_id.dunning_user_id.id
                or self.env.uid,
                summary=self.env._("The charges could not be billed"),
                note=error,
            )

    # === CRON METHODS === #

    @api.model
    def _cron_bill_charges(self):
        """Bill the charges of settled items, of all companies."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            self.with_company(company)._bill_waiting(company)
            if not self.env["ir.cron"]._commit_progress(1):
                break
