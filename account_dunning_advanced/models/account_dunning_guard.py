from odoo import api, models
from odoo.exceptions import AccessError, UserError

# Context key under which the addon's own code may write guarded fields. The value is
# an object that no RPC call can send, so the key cannot be crafted from outside.
GUARD_KEY = "account_dunning_guard"
GUARD_SENTINEL = object()
# Context key under which agreements are judged, with the same object as its value.
JUDGING_KEY = "dunning_judging"
# What of a context says who works, and not what is being done.
PLAIN_KEYS = ("lang", "tz", "allowed_company_ids")


def is_dunning_manager(env):
    """Return whether the user decides what collectors may not; the system may.

    No method of users: ``env.user`` comes with all rights, and would always be one.
    """
    return env.su or env.user.has_group(
        "account_dunning_advanced.group_dunning_manager"
    )


def without_defaults(records, names):
    """Return records without defaults from the context for fields of the process.

    They come from outside: with them, whoever creates a record could forge a state.
    """
    forged = {f"default_{name}" for name in names}
    context = records.env.context
    if records.env.su or not forged & context.keys():
        return records
    kept = {key: value for key, value in context.items() if key not in forged}
    # keys are to go, which keyword arguments cannot say
    return records.with_context(kept)  # pylint: disable=context-overridden


def for_judging(records):
    """Return agreements for judging them by the ledger, in the midst of core's work.

    Documents are made then, and flags of core's work on others (no sync of invoice
    lines, for one) are not meant for them; nor is what they do judged once more.
    """
    context = records.env.context
    kept = {key: context[key] for key in PLAIN_KEYS if key in context}
    return records.with_context({**kept, JUDGING_KEY: GUARD_SENTINEL})  # pylint: disable=context-overridden


def is_judging(env):
    """Return whether agreements are being judged; see :func:`for_judging`."""
    return env.context.get(JUDGING_KEY) is GUARD_SENTINEL


class AccountDunningGuard(models.AbstractModel):
    """Fields that only the addon's own methods may write.

    Collectors need write access to runs and notices for their work, but not to forge
    a state, a number or an amount by a direct write over RPC.
    """

    _name = "account.dunning.guard"
    _description = "Dunning Guard"

    @api.model
    def _get_guarded_fields(self):
        """Return the names of the fields that are not to be written by hand.

        For an addon to guard a field of its own, it must override this method.
        """
        return set()

    @api.model_create_multi
    def create(self, vals_list):
        self = without_defaults(self, self._get_guarded_fields())
        for vals in vals_list:
            self._check_guard(self._get_forged_fields(vals))
        return super().create(vals_list)

    def write(self, vals):
        self._check_guard(self._get_guarded_fields() & vals.keys())
        return super().write(vals)

    @api.model
    def _get_forged_fields(self, vals):
        """Return the guarded fields that a new record would not have by default."""
        names = self._get_guarded_fields() & vals.keys()
        defaults = self.default_get(list(names)) if names else {}
        return {name for name in names if vals[name] != defaults.get(name, False)}

    @api.model
    def _check_guard(self, names):
        if not names or self.env.su:
            return
        if self.env.context.get(GUARD_KEY) is GUARD_SENTINEL:
            return
        raise AccessError(
            self.env._(
                "%(fields)s of %(model)s are set by the dunning process, not by hand.",
                fields=", ".join(
                    self._fields[name]._description_string(self.env)
                    for name in sorted(names)
                ),
                model=self._description,
            )
        )

    # === BUSINESS METHODS - TRANSITIONS === #

    def _start(self, states, what):
        """Begin a transition: rights, a lock against a second user, the state.

        :raise LockError: another user is changing the record right now.
        :raise UserError: see :meth:`_check_state`.
        """
        self.ensure_one()
        self.check_access("write")
        self.lock_for_update(allow_referencing=True)
        # what the other user did is in the database, not here
        self.invalidate_recordset(["state"])
        self._check_state(states, what)

    def _check_state(self, states, what):
        """Let a step begin only from some states.

        :param states: where it may begin.
        :param str what: what is done to the record, as a participle, translated.
        :raise UserError: the record is in none of them.
        """
        self.ensure_one()
        if self.state not in states:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(record)s is %(state)s and cannot be %(what)s.",
                    record=self.display_name,
                    state=labels[self.state].lower(),
                    what=what,
                )
            )

    def _unguarded(self):
        """Return the records for writing by the addon's own code."""
        return self.with_context(**{GUARD_KEY: GUARD_SENTINEL})
