"""Notices delivered: looked at again, letter printed, e-mail with it in the queue.

Against OCA's way for its communications: letter printed and e-mail made, one by one.
Neither side sends: the queue does.
"""

from odoo.tools import split_every

from . import oca
from .letters import issue, serving
from .measure import peak_memory, stopwatch

AT_ONCE = 50


def measure(env, items, debtors, mails, oca_mails):
    """Queue the e-mails of so many notices, and of so many of OCA's communications."""
    ours, theirs = [], []
    with serving(env):
        notices = issue(env, mails + AT_ONCE).filtered("recipient_id.email_normalized")
        _deliver(notices[:AT_ONCE])  # stylesheets and templates are made once
        notices = notices[AT_ONCE:]
        with stopwatch(ours):
            _deliver(notices)
        memory = peak_memory()
        communications = oca.make_communications(env).filtered(
            "contact_address_id.email"
        )
        _write(communications[:1])
        communications = communications[1 : oca_mails + 1]
        with stopwatch(theirs):
            _write(communications)
    return {
        "mails": _count_mails(notices),
        "oca_mails": len(communications),
        "seconds": ours[0],
        "oca_seconds": theirs[0],
        "memory": memory,
    }


def _deliver(notices):
    for ids in split_every(AT_ONCE, notices.ids, list):
        notices.browse(ids)._deliver()
        notices.env.cr.commit()  # as the cron after each chunk


def _write(communications):
    communications._generate_emails()
    communications.env.cr.commit()


def _count_mails(notices):
    mails = notices.env["mail.mail"].sudo()
    found = mails.search([("model", "=", notices._name), ("res_id", "in", notices.ids)])
    assert all(mail.attachment_ids for mail in found), "e-mails without their letter"
    return len(found)
