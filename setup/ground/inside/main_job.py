"""The main job: propose, approve and issue a run, print the letters, mail them."""

import shutil
import time

DELIVERY = "account_dunning_advanced.ir_cron_deliver"


class MainJob:
    """Each step is committed and looks at what is done: it can be called again.

    :param env: environment of a user who may issue runs.
    :param Path folder: where the letters go.
    """

    def __init__(self, env, folder, say):
        self.env = env
        self.letters = folder / "letters"
        self.say = say
        self.run = env["account.dunning.run"]

    def carry_out(self):
        self.run = self._find() or self._create()
        for state, action in (
            ("draft", "action_propose"),
            ("proposed", "action_approve"),
            ("approved", "action_issue"),
        ):
            if self.run.state == state:
                self._timed(action, getattr(self.run, action))
        self._timed("letters and mails", self._deliver)
        self._timed("mail queue", self._send)
        self._write_letters()
        return self.run

    def _find(self):
        return self.run.search(
            [
                ("company_id", "=", self.env.company.id),
                ("date", "=", self.env.company._dunning_today()),
                ("state", "in", ("draft", "proposed", "approved", "issued")),
            ],
            order="id desc",
            limit=1,
        )

    def _create(self):
        return self.run.create(
            {
                "company_id": self.env.company.id,
                "date": self.env.company._dunning_today(),
            }
        )

    def _deliver(self):
        """Deliver until a round changes nothing: a cron does a batch at a time."""
        cron = self.env.ref(DELIVERY)
        before = None
        while before != (before := self._undelivered()) and before:
            cron.sudo().method_direct_trigger()

    def _undelivered(self):
        self.env.invalidate_all()
        issued = self.run.notice_ids.filtered(lambda notice: notice.state == "issued")
        return len(issued.filtered(lambda notice: not notice.attachment_id))

    def _send(self):
        mails = self.env["mail.mail"].sudo()
        queued = [("state", "=", "outgoing")]
        before = 0
        while (left := mails.search_count(queued)) and left != before:
            before = left
            mails.process_email_queue()
            self.env.cr.commit()  # what was sent is not sent again

    def _write_letters(self):
        shutil.rmtree(self.letters, ignore_errors=True)
        self.letters.mkdir(parents=True)
        for notice in self.run.notice_ids:
            if notice.attachment_id:
                name = f"{notice.name}-{notice.partner_id.name}".replace("/", "-")
                path = self.letters / f"{name[:120]}.pdf"
                path.write_bytes(notice.attachment_id.raw)

    def _timed(self, what, do):
        start = time.monotonic()
        do()
        self.env.cr.commit()  # what is done stays done if the next step fails
        seconds = time.monotonic() - start
        if seconds > 1:
            self.say(
                f"    {what.removeprefix('action_').capitalize()}: {seconds:.0f} s"
            )
