from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytz

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..engine import contact as engine

# Context keys. The values are objects that no RPC call can send, so that nobody lets
# himself through from outside.
DECISIONS_KEY = "account_dunning_gate_decisions"
RAISE_KEY = "account_dunning_gate_raise"
# What counts by nothing but its being in the chain: failed and cancelled ones do not.
UNMADE = ("failed", "cancelled")


@dataclass(frozen=True)
class Request:
    """A contact that somebody or something is about to make."""

    company: Any  # res.company
    partner: Any  # res.partner: the commercial partner
    channel: str
    #: By which the debtor is dunned; None finds the debtor's.
    policy: Any = None
    #: Naive, in UTC, as Odoo stores it; None is now.
    moment: datetime | None = None
    #: It has been counted already: limits on numbers do not concern it.
    counted: bool = False


@dataclass(frozen=True)
class Decision:
    """What the gate says, and why."""

    state: str  # allowed, put_off or forbidden
    #: The next moment at which it may go, naive in UTC.
    until: datetime | None = None
    #: For a person to read, in the language of the context.
    reason: str = ""
    override_reason: str = ""

    @property
    def allowed(self):
        return self.state == "allowed"

    def as_task(self):
        """Return it for what a person is to do later: from ``until`` on."""
        return replace(self, state="allowed") if self.state == "put_off" else self


@lru_cache(maxsize=1024)
def _get_zone(name):
    """Return a time zone by its name, UTC for one that is not known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


class AccountDunningGate(models.AbstractModel):
    """The one gate to the debtor: every contact that goes out is judged here.

    Mails and messages pass it when they are queued and again when they are sent
    (``mail_mail``, ``sms_sms``), whichever way they came about; notices before they are
    delivered, calls and visits before they are made. What it lets through is kept as
    ``account.dunning.contact``.
    """

    _name = "account.dunning.gate"
    _description = "Contact Gate"

    # === BUSINESS METHODS - WHAT PASSES THE GATE === #

    @api.model
    def _get_gated_models(self):
        """Return {model: path to the debtor} of records from which debtors are written.

        For an addon to send its mails through the gate, it must add its models here.
        Each has a ``company_id``.
        """
        return {
            "account.dunning.notice": "partner_id",
            "account.dunning.debtor": "partner_id",
            "account.dunning.promise": "partner_id",
            "account.dunning.promise.line": "promise_id.partner_id",
            "account.dunning.dispute": "partner_id",
            "account.dunning.hold": "debtor_id",
            "account.dunning.offer": "notice_id.partner_id",
            "account.dunning.courtesy": "partner_id",
        }

    @api.model
    def _get_debtor_of(self, record):
        """Return the commercial partner whom a record of a gated model is about."""
        path = self._get_gated_models()[record._name]
        return record.sudo().mapped(path).commercial_partner_id[:1]

    # === BUSINESS METHODS - JUDGING === #

    @api.model
    def _judge(self, requests):
        """Return the gate's decision on each of some contacts, in their order.

        Any number at once in a fixed number of queries. What it allows counts for
        those that come after it in the list.

        :param requests: list of :class:`Request`.
        :return: list of :class:`Decision`.
        """
        # whoever is about to contact somebody need not see all that speaks against it
        self = self.sudo()
        decisions = {}
        by_company = defaultdict(list)
        for number, request in enumerate(requests):
            by_company[request.company].append((number, request))
        for company, numbered in by_company.items():
            situation = self._get_situation(
                company, [request for _number, request in numbered]
            )
            for number, request in numbered:
                decisions[number] = self._decide(request, situation)
        return [decisions[number] for number in range(len(requests))]

    @api.model
    def _get_situation(self, company, requests):
        """Return what decides about contacts with these debtors of a company."""
        partners = self.env["res.partner"].union(
            *(request.partner.sudo() for request in requests)
        )
        now = fields.Datetime.now()
        years = {
            moment.year + shift
            for moment in (request.moment or now for request in requests)
            for shift in (-1, 0, 1)
        }
        countries = partners.country_id | company.country_id
        rules = self.env["account.dunning.contact.rule"]._get_for_company(company)
        permits = self.env["account.dunning.contact.permit"]._get_open(
            company, partners, now
        )
        return {
            "company": company,
            "now": now,
            "rules": rules,
            "stops": self._get_stops(company, partners),
            "debtors": self._get_debtors(company, partners),
            "permits": permits,
            "holidays": self.env["account.dunning.holiday"]._get_days(
                company, countries, years
            )
            if any(rules.mapped("rests_on_holidays"))
            else {},
            "past": self._get_past(company, partners, rules, now),
            "policies": {
                partner: partner.with_company(company).dunning_policy_id
                or company.dunning_policy_id
                for partner in partners
            },
            "engine": {},
        }

    @api.model
    def _get_stops(self, company, partners):
        """Return {partner: hold}: special stops on debtors as a whole."""
        holds = self.env["account.dunning.hold"].search(
            [
                ("debtor_id", "in", partners.ids),
                ("partner_id", "!=", False),
                ("company_id", "=", company.id),
                ("stop", "!=", False),
                ("state", "=", "active"),
            ]
        )
        return {hold.debtor_id: hold for hold in holds.with_company(company)}

    @api.model
    def _get_debtors(self, company, partners):
        debtors = self.env["account.dunning.debtor"].search(
            [("partner_id", "in", partners.ids), ("company_id", "=", company.id)]
        )
        return {debtor.partner_id: debtor for debtor in debtors}

    @api.model
    def _get_past(self, company, partners, rules, now):
        """Return {partner: list of contacts} as far back as a rule looks."""
        days = max([*rules.cap_ids.mapped("days"), *rules.mapped("cooldown_days"), 0])
        past = defaultdict(list)
        if not days:
            return past
        contacts = self.env["account.dunning.contact"].search_fetch(
            [
                ("partner_id", "in", partners.ids),
                ("company_id", "=", company.id),
                "|",
                ("delivery_state", "=", False),
                ("delivery_state", "not in", UNMADE),
                # a queue may stand still for days: what counts is when it went out
                "|",
                "|",
                ("date", ">", fields.Datetime.subtract(now, days=days)),
                ("delivery_date", ">", fields.Datetime.subtract(now, days=days)),
                ("delivery_state", "=", "queued"),
            ],
            [
                *("partner_id", "date", "channel", "direction", "outcome"),
                *("delivery_state", "delivery_date"),
            ],
        )
        for contact in contacts:
            past[contact.partner_id].append(
                engine.Past(
                    contact._get_moment(now).replace(tzinfo=UTC),
                    contact.channel,
                    contact.direction == "out",
                    contact._is_conversation(),
                )
            )
        return past

    @api.model
    def _decide(self, request, situation):
        """Decide about one contact, and count it if it is let through."""
        partner = request.partner.sudo()
        moment = (request.moment or situation["now"]).replace(tzinfo=UTC)
        rules = self._get_engine_rules(partner, request.policy, situation)
        if request.counted:
            rules = [replace(rule, caps=(), cooldown_days=0) for rule in rules]
        past = situation["past"][partner]
        verdict = engine.judge(
            rules,
            request.channel,
            moment,
            past,
            self._get_zones(partner, situation),
        )
        decision = self._to_decision(verdict, rules, request.channel)
        permit = situation["permits"].get(partner)
        if not decision.allowed and permit:
            decision = Decision(
                "allowed",
                reason=decision.reason,
                override_reason=permit._get_text(),
            )
        if decision.state != "forbidden" and not request.counted:
            made = decision.until.replace(tzinfo=UTC) if decision.until else moment
            past.append(engine.Past(made, request.channel))
        return decision

    @api.model
    def _get_engine_rules(self, partner, policy, situation):
        """Return the rules that count for a debtor, as the engine judges by."""
        policy = policy.sudo() if policy is not None else situation["policies"][partner]
        key = partner, policy
        if key not in situation["engine"]:
            situation["engine"][key] = [
                *self._get_personal_rules(partner, situation),
                *(
                    rule._to_engine(self._get_holidays(partner, situation))
                    for rule in situation["rules"]._get_for(
                        partner, policy, situation["company"]
                    )
                ),
            ]
        return situation["engine"][key]

    @api.model
    def _get_personal_rules(self, partner, situation):
        """Return what stands against contacts with this very debtor."""
        stop = situation["stops"].get(partner)
        if stop:
            yield engine.Rule(name=stop._get_stop_text(), forbidden=True)
        debtor = situation["debtors"].get(partner)
        if debtor:
            yield from debtor._get_contact_wishes()

    @api.model
    def _get_holidays(self, partner, situation):
        country = partner.country_id or situation["company"].country_id
        return situation["holidays"].get(country, frozenset())

    @api.model
    def _get_zones(self, partner, situation):
        """Return the time zones in which it must be a good time.

        That of the debtor's own record if it is set there. Else those of the country
        of the address: the one on the partner may just be that of who typed it in, so
        it only chooses among the country's.
        """
        debtor = situation["debtors"].get(partner)
        if debtor and debtor.contact_tz:
            return (_get_zone(debtor.contact_tz),)
        company = situation["company"]
        country = partner.country_id or company.country_id
        names = pytz.country_timezones.get(country.code or "", [])
        if partner.tz in names:
            return (_get_zone(partner.tz),)
        if not names:
            return (_get_zone(partner.tz or company.partner_id.tz or "UTC"),)
        return tuple(_get_zone(name) for name in names)

    # === BUSINESS METHODS - SAYING WHY === #

    @api.model
    def _to_decision(self, verdict, rules, channel):
        """Return a verdict of the engine in the user's words."""
        if verdict.allowed:
            names = [rule.name for rule in rules if rule.concerns(channel)]
            return Decision(
                "allowed",
                reason=self.env._("Allowed by: %s", "; ".join(names)) if names else "",
            )
        why = self._get_why(verdict.why)
        if verdict.state == "forbidden":
            return Decision("forbidden", reason=f"{why} {verdict.rule.name}")
        until = verdict.until.astimezone(UTC).replace(tzinfo=None)
        if until.microsecond:
            until = until.replace(microsecond=0) + timedelta(seconds=1)
        return Decision("put_off", until=until, reason=f"{why} {verdict.rule.name}")

    @api.model
    def _get_why(self, why):
        return {
            "forbidden": self.env._("Not allowed:"),
            "hours": self.env._("Outside the hours:"),
            "holiday": self.env._("Public holiday:"),
            "slot": self.env._("Not at this time:"),
            "cap": self.env._("Too often:"),
            "cooldown": self.env._("Too soon after a conversation:"),
        }[why]

    @api.model
    def _get_refusal(self, decision):
        """Return why a contact cannot be made now, and who can change that."""
        hint = self.env._(
            "A dunning manager may allow it on the debtor, with a reason."
        )
        if decision.until:
            return self.env._(
                "%(reason)s\nIt may be made from %(moment)s on. %(hint)s",
                reason=decision.reason,
                moment=format_datetime(self.env, decision.until),
                hint=hint,
            )
        return f"{decision.reason}\n{hint}"

    @api.model
    def _check(self, company, partner, channel, moment=None):
        """Return the decision on one contact that a person is about to make.

        :raise UserError: it may not be made now; with the rule.
        """
        [decision] = self._judge(
            [
                Request(
                    company=company,
                    partner=partner.commercial_partner_id,
                    channel=channel,
                    moment=moment,
                )
            ]
        )
        if not decision.allowed:
            raise UserError(self._get_refusal(decision))
        return decision
