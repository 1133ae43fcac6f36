from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import email_normalize

from ..engine.sent_text import clean_line
from .account_dunning_answer import Scope

#: Letters may not be refused: one way must be left for what the law has us send.
REFUSABLE = ("email", "sms", "call", "visit")
PREFERABLE = ("email", "sms", "letter", "call")
#: Halves of a day in which a customer may not want to be contacted.
HALVES = {"morning": (0.0, 12.0), "afternoon": (12.0, 24.0)}


class AccountDunningWishes(models.AbstractModel):
    """How a customer wants to be contacted, as chosen in the portal.

    Private methods, run as superuser after the caller has found out whose debtor
    records they are; what was sent is checked here.
    """

    _name = "account.dunning.wishes"
    _description = "Contact Wishes of a Customer"

    @api.model
    def _prepare_values(self, debtor, person):
        """Return what the page shows."""
        slots = {
            f"{slot.weekday}-{half}"
            for slot in debtor.slot_ids
            for half, hours in HALVES.items()
            if (slot.hour_from, slot.hour_to) == hours
        }
        labels = dict(
            debtor._fields["preferred_channel"]._description_selection(self.env)
        )
        zones = debtor._fields["contact_tz"]._description_selection(self.env)
        slot_field = debtor.slot_ids._fields["weekday"]
        return {
            "channels": [(code, labels[code]) for code in PREFERABLE],
            "preferred": debtor.preferred_channel,
            "refusable": [(code, labels[code]) for code in REFUSABLE],
            "refused": {code for code in REFUSABLE if debtor[f"no_{code}"]},
            "weekdays": slot_field._description_selection(self.env),
            "slots": slots,
            # the day is put in by the page, for languages differ in where it stands
            "halves": {
                "morning": self.env._("%(day)s before noon"),
                "afternoon": self.env._("%(day)s after noon"),
            },
            "zones": zones,
            "zone": debtor.contact_tz,
            "languages": self.env["res.lang"].get_installed(),
            "language": person.lang,
        }

    @api.model
    def _keep(self, debtors, person, sent, refused, slots):
        """Keep what was chosen.

        :param dict sent: preferred, zone, language, and who is to be the contact (see
            :meth:`_name_contact`); refused: channels; slots: texts like ``0-morning``.
        :raise UserError: something sent is no choice.
        """
        preferred = sent.get("preferred") or False
        self._check_choices([preferred] if preferred else [], PREFERABLE)
        self._check_choices(refused, REFUSABLE)
        if preferred in refused:
            raise UserError(
                self.env._("You cannot prefer a way that you do not want to be used.")
            )
        zone = sent.get("zone") or False
        zones = dict(debtors._fields["contact_tz"]._description_selection(self.env))
        self._check_choices([zone] if zone else [], zones)
        language = sent.get("language") or person.lang
        installed = dict(self.env["res.lang"].get_installed())
        if language != person.lang:
            self._check_choices([language], installed)
            person.sudo().lang = language
        wanted = self._to_slots(slots)
        self._name_contact(debtors, person, sent)
        for debtor in debtors:
            debtor.write(
                {
                    "preferred_channel": preferred,
                    "contact_tz": zone,
                    **{f"no_{code}": code in refused for code in REFUSABLE},
                }
            )
            self._set_slots(debtor, wanted)

    @api.model
    def _name_contact(self, debtors, person, sent):
        """Ask the collectors to make somebody the customer's contact for payments.

        They do it, not the form: whoever is logged in for the customer could have all
        letters sent somewhere else.

        :param dict sent: contact_name, contact_email, contact_phone; none is no wish.
        :raise UserError: that person could not be reached.
        """
        name, email, phone = (
            clean_line(sent.get(f"contact_{key}")) for key in ("name", "email", "phone")
        )
        if not (name or email or phone):
            return
        is_known = (
            name and (email or phone) and max(map(len, (name, email, phone))) < 100
        )
        if not is_known or (email and not email_normalize(email)):
            raise UserError(
                self.env._(
                    "Please give the name and an e-mail address or a phone number."
                )
            )
        Answer = self.env["account.dunning.answer"]
        text = "\n".join(filter(None, (name, email, phone)))
        for debtor in debtors:
            scope = self._get_scope(debtor, person)
            Answer._begin(scope)
            collector = Answer._get_collector(scope)
            env = self.with_context(lang=collector.lang).env
            summary = env._("Make this person the contact for payments")
            Answer._log(scope, "received", summary, text)
            Answer._ask_collector(scope, summary, text, collector)

    @api.model
    def _get_scope(self, debtor, person):
        """Return what is said about the debtor as a whole: no item, no notice."""
        return Scope(
            partner=debtor.partner_id.sudo(),
            company=debtor.company_id.sudo(),
            currency=debtor.company_id.currency_id.sudo(),
            items=self.env["account.move.line"].sudo(),
            notice=self.env["account.dunning.notice"].sudo(),
            person=person.sudo(),
        )

    @api.model
    def _check_choices(self, chosen, choices):
        if not set(chosen) <= set(choices):
            raise UserError(self.env._("Please choose one of the choices."))

    @api.model
    def _to_slots(self, slots):
        """Return {(weekday, from, to)} of what was sent."""
        choices = {
            f"{day}-{half}": (str(day), *hours)
            for day in range(7)
            for half, hours in HALVES.items()
        }
        self._check_choices(slots, choices)
        if set(slots) == set(choices):
            raise UserError(self.env._("Please leave a time to reach you."))
        return {choices[slot] for slot in slots}

    @api.model
    def _set_slots(self, debtor, wanted):
        """Set the halves of days; other hours are the collector's and stay."""
        commands = []
        for slot in debtor.slot_ids:
            hours = (slot.weekday, slot.hour_from, slot.hour_to)
            if hours[1:] not in HALVES.values():
                continue
            if hours in wanted:
                wanted = wanted - {hours}
            else:
                commands.append(Command.delete(slot.id))
        commands += [
            Command.create({"weekday": day, "hour_from": start, "hour_to": end})
            for day, start, end in sorted(wanted)
        ]
        debtor.slot_ids = commands
