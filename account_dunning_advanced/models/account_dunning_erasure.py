from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..engine import chain
from .account_dunning_guard import GUARD_KEY, GUARD_SENTINEL

SEALED_FIELDS = (
    "company_id",
    "date",
    "kind",
    "action",
    "basis",
    "rule",
    "reference",
    "count",
    "user_id",
    "links_digest",
)


class AccountDunningErasure(models.Model):
    """What was erased when, how much of it, and by which rule; of nobody in particular.

    Nobody edits or deletes it. Each record is sealed with the one before it, as contact
    records are: an erasure cannot be slipped in afterwards.
    """

    _name = "account.dunning.erasure"
    _description = "Erasure"
    _order = "date desc, id desc"
    _rec_name = "rule"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        readonly=True,
        ondelete="restrict",
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    kind = fields.Selection(
        selection=lambda self: self.env["account.dunning.retention"]
        ._fields["kind"]
        ._description_selection(self.env),
        string="Kind of Record",
        required=True,
        readonly=True,
    )
    action = fields.Selection(
        selection=[("delete", "Deleted"), ("pseudonymise", "Pseudonymised")],
        required=True,
        readonly=True,
    )
    basis = fields.Selection(
        selection=[
            ("rule", "Retention is over"),
            ("request", "The person asked for it"),
        ],
        required=True,
        readonly=True,
        default="rule",
    )
    rule = fields.Char(
        required=True, readonly=True, help="The rule and its source at the time."
    )
    reference = fields.Char(
        readonly=True, help="Number of the request, as the company files it; no name."
    )
    count = fields.Integer(string="Records", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    links_digest = fields.Char(
        string="Digest of Links",
        readonly=True,
        help="Of contact records: which links of the chain were emptied.",
    )
    # --- the seal
    chain_number = fields.Integer(string="Link", readonly=True, aggregator=None)
    text_digest = fields.Char(readonly=True)
    previous_hash = fields.Char(readonly=True)
    chain_hash = fields.Char(string="Seal", readonly=True)

    _chain_number_uniq = models.UniqueIndex(
        "(company_id, chain_number)", "A link of the chain has one successor."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        erasures = super().create(vals_list)
        for erasure in erasures:
            erasure._seal()
        return erasures

    def write(self, vals):
        """:raise UserError: anything but the seal would be set, by whomever."""
        if self.env.context.get(GUARD_KEY) is not GUARD_SENTINEL:
            raise UserError(
                self.env._("The record of an erasure stays as it was made.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The record of an erasure is never deleted."))

    # === BUSINESS METHODS === #

    def _seal(self):
        """Append the record to its company's chain."""
        self.ensure_one()
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT pg_advisory_xact_lock(hashtext(%s), %s)",
                self._table,
                self.company_id.id,
            )
        )
        last = self.search(
            [("company_id", "=", self.company_id.id), ("chain_number", "!=", False)],
            order="chain_number desc",
            limit=1,
        )
        [(previous, text_digest, own)] = chain.extend(
            last.chain_hash or chain.GENESIS, [self._get_text()]
        )
        self.with_context(**{GUARD_KEY: GUARD_SENTINEL}).write(
            {
                "chain_number": last.chain_number + 1,
                "previous_hash": previous,
                "text_digest": text_digest,
                "chain_hash": own,
            }
        )
        self.flush_recordset()

    def _get_text(self):
        """Return the one text that the seal covers."""
        self.ensure_one()
        values = self.read(SEALED_FIELDS, load=None)[0]
        values["date"] = fields.Datetime.to_string(values["date"])
        del values["id"]
        return chain.canonical(values)

    def _is_of(self, contacts):
        """Return whether just these contact records were erased by this record."""
        self.ensure_one()
        return self.links_digest == contacts._get_links_digest()

    @api.model
    def _get_faults(self, company):
        """Return the records of a company that are not as they were sealed."""
        self.flush_model()
        self.env.invalidate_all()
        erasures = self.sudo().search(
            [("company_id", "=", company.id)], order="chain_number"
        )
        by_number = {erasure.chain_number: erasure for erasure in erasures}
        links = (
            chain.Link(
                erasure.chain_number,
                erasure._get_text(),
                erasure.text_digest or "",
                erasure.previous_hash or chain.GENESIS,
                erasure.chain_hash or "",
            )
            for erasure in erasures
        )
        return self.union(*(by_number[number] for number, _f in chain.broken(links)))
