from odoo import api, fields, models
from odoo.tools import SQL, format_date


class AccountDunningHistory(models.Model):
    """What has happened between the company and a debtor, in one list.

    Notices, contacts, agreements, disputes, holds and payments, read where they stand:
    nothing is kept twice.
    """

    _name = "account.dunning.history"
    _description = "History of a Debtor"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "text"
    _depends = {
        "account.dunning.notice": [
            "partner_id",
            "company_id",
            "date",
            "state",
            "amount_total",
            "currency_id",
            "user_id",
        ],
        "account.dunning.contact": [
            "partner_id",
            "company_id",
            "date",
            "user_id",
        ],
        "account.dunning.promise": [
            "partner_id",
            "company_id",
            "date",
            "state",
            "amount_total",
            "currency_id",
            "user_id",
        ],
        "account.dunning.dispute": [
            "partner_id",
            "company_id",
            "date",
            "amount",
            "currency_id",
            "user_id",
        ],
        "account.dunning.hold": [
            "debtor_id",
            "company_id",
            "date_from",
            "user_id",
        ],
        "account.move.line": [
            "partner_id",
            "company_id",
            "date",
            "account_id",
            "journal_id",
            "parent_state",
            "amount_currency",
            "currency_id",
        ],
        "res.partner": ["commercial_partner_id"],
    }

    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    date = fields.Date(readonly=True)
    kind = fields.Selection(
        selection=[
            ("notice", "Notice"),
            ("contact", "Contact Made"),
            ("promise", "Agreement"),
            ("dispute", "Dispute"),
            ("hold", "Hold"),
            ("payment", "Payment"),
        ],
        readonly=True,
    )
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    user_id = fields.Many2one(comodel_name="res.users", readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    text = fields.Char(string="What", compute="_compute_text")

    @property
    def _table_query(self):
        parts = self._get_parts()
        return SQL(" UNION ALL ").join(
            SQL(
                """SELECT source.id::bigint * %s + %s AS id, source.partner_id,
                          source.company_id, source.date, %s AS kind, source.amount,
                          source.currency_id, source.user_id, %s AS res_model,
                          source.id AS res_id
                     FROM (%s) source""",
                len(parts),
                place,
                kind,
                model,
                select,
            )
            for place, (kind, model, select) in enumerate(parts)
        )

    @api.model
    def _get_parts(self):
        """Return (kind, model, select) of all that makes the history.

        The selects give id, partner_id, company_id, date, amount, currency_id and
        user_id. For an addon to add a kind, it must override this method, the selection
        and :meth:`_describe`.
        """
        return [
            (
                "notice",
                "account.dunning.notice",
                SQL(
                    """SELECT id, partner_id, company_id, date, amount_total AS amount,
                              currency_id, user_id
                         FROM account_dunning_notice
                        WHERE state IN ('issued', 'reversed')"""
                ),
            ),
            (
                "contact",
                "account.dunning.contact",
                SQL(
                    # the day on which it was where the company is, as elsewhere
                    """SELECT contact.id, contact.partner_id, contact.company_id,
                              (contact.date AT TIME ZONE 'UTC' AT TIME ZONE
                                  COALESCE(address.tz, 'UTC'))::date AS date,
                              NULL::numeric AS amount, NULL::int4 AS currency_id,
                              contact.user_id
                         FROM account_dunning_contact contact
                         JOIN res_company company ON company.id = contact.company_id
                         JOIN res_partner address ON address.id = company.partner_id"""
                ),
            ),
            (
                "promise",
                "account.dunning.promise",
                SQL(
                    """SELECT id, partner_id, company_id, date, amount_total AS amount,
                              currency_id, user_id
                         FROM account_dunning_promise WHERE state != 'draft'"""
                ),
            ),
            (
                "dispute",
                "account.dunning.dispute",
                SQL(
                    """SELECT id, partner_id, company_id, date, amount, currency_id,
                              user_id
                         FROM account_dunning_dispute"""
                ),
            ),
            (
                "hold",
                "account.dunning.hold",
                SQL(
                    """SELECT id, debtor_id AS partner_id, company_id,
                              date_from AS date, NULL::numeric AS amount,
                              NULL::int4 AS currency_id, user_id
                         FROM account_dunning_hold"""
                ),
            ),
            (
                "payment",
                "account.move.line",
                SQL(
                    """SELECT item.id, partner.commercial_partner_id AS partner_id,
                              item.company_id, item.date,
                              -item.amount_currency AS amount, item.currency_id,
                              NULL::int4 AS user_id
                         FROM account_move_line item
                         JOIN res_partner partner ON partner.id = item.partner_id
                         JOIN account_account account ON account.id = item.account_id
                         JOIN account_journal journal ON journal.id = item.journal_id
                        WHERE account.account_type = 'asset_receivable'
                          AND journal.type IN ('bank', 'cash', 'credit')
                          AND item.parent_state = 'posted'
                          AND item.balance < 0"""
                ),
            ),
        ]

    # === COMPUTE METHODS === #

    @api.depends("res_model", "res_id")
    @api.depends_context("lang")
    def _compute_text(self):
        for model, events in self.grouped("res_model").items():
            # read in one go
            self.env[model].browse(events.mapped("res_id")).fetch()
            for event in events:
                record = self.env[model].browse(event.res_id)
                event.text = getattr(self, f"_describe_{event.kind}")(record)

    # === ACTION METHODS === #

    def action_open(self):
        """Open the record; of a payment its entry."""
        self.ensure_one()
        record = self.env[self.res_model].browse(self.res_id)
        if self.res_model == "account.move.line":
            record = record.move_id
        return record._get_records_action()

    # === BUSINESS METHODS === #

    @api.model
    def _get_label(self, record, name):
        labels = dict(record._fields[name]._description_selection(self.env))
        return labels.get(record[name])

    @api.model
    def _join(self, *texts):
        return ", ".join(filter(None, texts))

    def _describe_notice(self, notice):
        return self._join(
            notice.name or notice.display_name,
            notice.level_id.name,
            notice.state == "reversed" and self._get_label(notice, "state"),
        )

    def _describe_contact(self, contact):
        outcome = self._get_label(contact, "outcome")
        delivery = self._get_label(contact, "delivery_state")
        return self._join(
            self._get_label(contact, "channel"),
            contact.direction == "in" and self._get_label(contact, "direction"),
            outcome,
            delivery != outcome and delivery,
            contact.note or contact.subject,
        )

    def _describe_promise(self, promise):
        return self._join(
            self._get_label(promise, "kind"),
            promise.date_next and format_date(self.env, promise.date_next),
            self._get_label(promise, "state"),
        )

    def _describe_dispute(self, dispute):
        return self._join(dispute.reason, self._get_label(dispute, "state"))

    def _describe_hold(self, hold):
        until = hold.date_to and self.env._(
            "until %s", format_date(self.env, hold.date_to)
        )
        return self._join(
            hold.reason,
            hold.stop and self._get_label(hold, "stop"),
            until,
            self._get_label(hold, "state"),
        )

    def _describe_payment(self, item):
        return self._join(item.move_name, item.ref or item.name)
