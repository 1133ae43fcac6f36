import ipaddress
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import hmac

#: How long attempts are kept; no limit looks further back.
KEPT_HOURS = 24


class AccountDunningAttempt(models.Model):
    """How often somebody has lately tried something; the memory of rate limits.

    Nobody has rights on it, and it keeps no address: only a keyed hash of whom it
    counts.
    """

    _name = "account.dunning.attempt"
    _description = "Attempt in the Portal"
    _log_access = False

    scope = fields.Char(required=True)
    key = fields.Char(required=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)

    _scope_key_idx = models.Index("(scope, key, date)")

    @api.model
    def _is_exhausted(self, scope, key, limit, minutes):
        """Return whether ``limit`` attempts were made in the last minutes.

        :param str scope: what is tried.
        :param key: who tries, or on what; anything with a text.
        """
        since = fields.Datetime.now() - timedelta(minutes=minutes)
        domain = [
            ("scope", "=", scope),
            ("key", "=", self._hash_key(scope, key)),
            ("date", ">", since),
        ]
        return self.sudo().search_count(domain, limit=limit) >= limit

    @api.model
    def _get_network(self, address):
        """Return who is counted for an address: of version 6 everybody has very many.

        The address of the connection, or of what Odoo was told to trust as its proxy:
        headers that a reader may write say nothing.
        """
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            return address
        if known.version == 4:
            return address
        return str(ipaddress.ip_network((known, 64), strict=False))

    @api.model
    def _count(self, scope, key):
        """Keep that it was tried once more."""
        self.sudo().create({"scope": scope, "key": self._hash_key(scope, key)})

    @api.model
    def _hash_key(self, scope, key):
        return hmac(self.env(su=True), f"account_dunning_portal-{scope}", str(key))[:32]

    @api.autovacuum
    def _gc_attempts(self):
        before = fields.Datetime.now() - timedelta(hours=KEPT_HOURS)
        self.sudo().search([("date", "<", before)]).unlink()
