from datetime import timedelta

from lxml import etree

from odoo import api, fields, models
from odoo.modules.module import Manifest
from odoo.tools import file_open

# What waits longer than this does not move.
HOURS_WAITING = 24
# Who approves a run means to issue it; a plan may be looked at for longer.
DAYS_APPROVED, DAYS_PLANNED = 7, 31
# The addons whose scheduled actions dunning relies on.
JOB_MODULES = ("account_dunning_advanced", "account_dunning_legal")
# Odoo's own jobs that send what dunning queues.
QUEUE_JOBS = {
    "mail": "ir_cron_mail_scheduler_action",
    "sms": "ir_cron_sms_scheduler_action",
}
# Findings of a kind that are listed; the last one says how many more there are.
FINDINGS_LISTED = 50


class AccountDunningCheck(models.Model):
    """A look at whether everything is as it must be, told in plain words.

    What may not be true is looked for in the database itself, without the methods that
    keep it true. A check changes nothing; what it finds, a person puts right.
    """

    _name = "account.dunning.check"
    _description = "Self-Check"
    _inherit = ["account.dunning.snapshot"]
    _order = "date desc, id desc"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        readonly=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    date = fields.Datetime(
        string="Checked At", required=True, readonly=True, default=fields.Datetime.now
    )
    finding_ids = fields.One2many(
        comodel_name="account.dunning.check.finding",
        inverse_name="check_id",
        readonly=True,
    )
    state = fields.Selection(
        selection=[("ok", "All well"), ("warning", "To look at"), ("error", "Wrong")],
        compute="_compute_state",
        store=True,
    )
    text = fields.Text(string="What Was Checked", readonly=True)

    # === COMPUTE METHODS === #

    @api.depends("date")
    def _compute_display_name(self):
        for check in self:
            check.display_name = self.env._(
                "Check of %s", fields.Datetime.to_string(check.date)
            )

    @api.depends("finding_ids.severity")
    def _compute_state(self):
        for check in self:
            severities = set(check.finding_ids.mapped("severity"))
            check.state = next(
                (state for state in ("error", "warning") if state in severities), "ok"
            )

    # === ACTION METHODS === #

    def action_check(self):
        """Check the current company now, and show what was found."""
        self.check_access("read")
        check = self._check_company(self.env.company)
        return check._get_records_action(name=self.env._("Self-Check"))

    # === BUSINESS METHODS === #

    @api.model
    def _get_checks(self):
        """Return {code: what is looked at}; each has a method ``_find_<code>()``.

        For an addon to have its own records looked at, it must add to this. Such a
        method takes a company and yields (severity, text, record or None).
        """
        return {
            "levels": self.env._("Levels of items are those of their last notices"),
            "totals": self.env._("Totals of notices are those of their items"),
            "charges": self.env._("Charges that were billed are in the ledger"),
            "debtors": self.env._("Figures of debtors are those of the ledger"),
            "contacts": self.env._("No contact record was changed"),
            "rates": self.env._("Interest rates in use are up to date"),
            "jobs": self.env._("The dunning jobs run"),
            "mails": self.env._("The mail queue moves"),
            "runs": self.env._("No run is stuck"),
            "retention": self.env._("What need not be kept is erased"),
        }

    @api.model
    def _check_company(self, company):
        """Check a company, and keep what was found.

        :return: the check, with its findings.
        """
        # whoever may see checks may have one made; it reads all, and changes nothing
        self = self.sudo().with_company(company)
        self.env.flush_all()
        checks = self._get_checks()
        vals_list = []
        for code, name in checks.items():
            found = list(getattr(self, f"_find_{code}")(company))
            vals_list += [
                self._prepare_finding(name, *finding)
                for finding in found[:FINDINGS_LISTED]
            ]
            if len(found) > FINDINGS_LISTED:
                more = self.env._("… and %s more.", len(found) - FINDINGS_LISTED)
                vals_list.append(self._prepare_finding(name, found[0][0], more, None))
        return self.create(
            {
                "company_id": company.id,
                "text": "\n".join(checks.values()),
                "finding_ids": [fields.Command.create(vals) for vals in vals_list],
            }
        )

    @api.model
    def _prepare_finding(self, name, severity, text, record):
        return {
            "name": name,
            "severity": severity,
            "text": text,
            "res_model": record._name if record else False,
            "res_id": record.id if record else False,
        }

    def _tell(self):
        """Have the person in charge of dunning look at what is wrong; once."""
        wrong = self.filtered(lambda check: check.state == "error")
        for check in wrong:
            user = check.company_id.dunning_user_id
            if not user:
                continue
            before = self.search(
                [("company_id", "=", check.company_id.id), ("id", "<", check.id)],
                limit=1,
            )
            if set(before.finding_ids.mapped("text")) >= set(
                check.finding_ids.mapped("text")
            ):
                continue
            self.env["mail.activity"].create(
                {
                    "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "res_id": check.company_id.partner_id.id,
                    "activity_type_id": self.env.ref(
                        "mail.mail_activity_data_warning"
                    ).id,
                    "user_id": user.id,
                    "summary": self.env._("Self-check of dunning: something is wrong"),
                    "note": "<br/>".join(
                        check.finding_ids.filtered(
                            lambda finding: finding.severity == "error"
                        ).mapped("text")
                    ),
                }
            )

    # === BUSINESS METHODS - CHECKS === #

    @api.model
    def _find_jobs(self, company):
        """Yield scheduled actions that are gone, do not run, or fail."""
        for module, name in self._get_missing_jobs():
            text = self.env._(
                "The job “%(job)s” was deleted. Upgrade the addon %(addon)s to get it"
                " back.",
                job=name,
                addon=module,
            )
            yield "error", text, None
        now = fields.Datetime.now()
        jobs = self.env["ir.cron"].search(
            [
                ("active", "in", [True, False]),
                ("id", "in", self._get_job_ids()),
            ]
        )
        for job in jobs:
            if not job.active:
                text = self.env._("The job “%s” is switched off.", job.name)
                yield "warning", text, job
            elif job.failure_count:
                yield (
                    "error",
                    self.env._(
                        "The job “%(job)s” has failed %(count)s times.",
                        job=job.name,
                        count=job.failure_count,
                    ),
                    job,
                )
            elif job.nextcall < now - timedelta(hours=HOURS_WAITING):
                text = self.env._("The job “%s” is overdue for a day.", job.name)
                yield "error", text, job

    @api.model
    def _get_job_ids(self):
        """Return the ids of the scheduled actions that dunning relies on."""
        own = self.env["ir.model.data"].search(
            [
                ("model", "=", "ir.cron"),
                ("module", "in", JOB_MODULES),
            ]
        )
        queues = [
            self.env.ref(f"{module}.{name}", raise_if_not_found=False)
            for module, name in QUEUE_JOBS.items()
        ]
        return [*own.mapped("res_id"), *(job.id for job in queues if job)]

    @api.model
    def _get_missing_jobs(self):
        """Return (addon, name) of scheduled actions that came with it and are gone.

        What there should be is read off the addons' own files: who deletes a job
        deletes its trace in the database along with it.
        """
        installed = self.env["ir.module.module"]._installed()
        return [
            (module, name)
            for module in (*JOB_MODULES, *QUEUE_JOBS)
            if module in installed
            for xml_id, name in self._read_shipped_jobs(module)
            if xml_id == QUEUE_JOBS.get(module, xml_id)
            and not self.env.ref(f"{module}.{xml_id}", raise_if_not_found=False)
        ]

    @api.model
    def _read_shipped_jobs(self, module):
        """Yield (id, name) of the scheduled actions in an addon's data files."""
        for path in Manifest.for_addon(module)["data"]:
            if not path.endswith(".xml"):
                continue
            with file_open(f"{module}/{path}", "rb") as file:
                for job in etree.parse(file).iterfind(".//record[@model='ir.cron']"):
                    yield job.get("id"), job.findtext("field[@name='name']")

    @api.model
    def _find_mails(self, company):
        """Yield mails to debtors that wait, or could not be sent."""
        mails = self.env["mail.mail"].search(
            [
                ("dunning_contact_id.company_id", "=", company.id),
                ("state", "in", ("outgoing", "exception")),
            ]
        )
        for mail in mails:
            failure = mail.state == "exception" and (mail.failure_reason or "")
            since = mail.scheduled_date or mail.create_date
            yield from self._tell_unsent(mail, mail.subject, failure, since)
        yield from self._find_texts(company)

    @api.model
    def _find_texts(self, company):
        """Yield text messages to debtors that wait, or could not be sent."""
        failures = self.env["sms.sms"]._fields["failure_type"]
        labels = dict(failures._description_selection(self.env))
        for message in self.env["sms.sms"].search(
            [
                ("dunning_contact_id.company_id", "=", company.id),
                ("state", "in", ("outgoing", "error")),
            ]
        ):
            failure = message.state == "error" and labels.get(message.failure_type, "")
            since = message._get_dunning_date_after() or message.create_date
            yield from self._tell_unsent(message, message.body, failure, since)

    @api.model
    def _tell_unsent(self, message, subject, failure, since):
        """Yield the finding of a message that failed, or has waited for too long.

        :param failure: why it could not be sent; False if it waits.
        :param datetime since: from when on it could have been sent.
        """
        long_ago = fields.Datetime.now() - timedelta(hours=HOURS_WAITING)
        if failure is not False:
            text = self.env._(
                "“%(subject)s” could not be sent: %(reason)s",
                subject=subject,
                reason=failure,
            )
            yield "warning", text, message
        elif since < long_ago:
            text = self.env._("“%s” has waited for more than a day.", subject)
            yield "error", text, message

    @api.model
    def _find_runs(self, company):
        """Yield runs that do not get on, and notices that were not delivered."""
        long_ago = fields.Datetime.now() - timedelta(hours=HOURS_WAITING)
        for run in self.env["account.dunning.run"].search(
            [
                ("company_id", "=", company.id),
                ("issue_started", "<", long_ago),
                ("issue_finished", "=", False),
                ("state", "=", "approved"),
            ]
        ):
            text = self.env._("%s was begun and is not finished.", run.display_name)
            yield "error", text, run
        yield from self._find_waiting_runs(company)
        for notice in self.env["account.dunning.notice"].search(
            [("company_id", "=", company.id), ("delivery_state", "=", "failed")]
        ):
            text = self.env._(
                "%(notice)s could not be delivered: %(reason)s",
                notice=notice.display_name,
                reason=notice.delivery_note or "",
            )
            yield "warning", text, notice

    @api.model
    def _find_waiting_runs(self, company):
        """Yield runs that nobody goes on with; a plan for a later day may wait."""
        now, today = fields.Datetime.now(), company._dunning_today()
        texts = {
            "approved": self.env._(
                "%s was approved and never issued. Issue it, or cancel it."
            ),
            "proposed": self.env._(
                "%s has long been a proposal. Approve it, or cancel it."
            ),
            "draft": self.env._("%s has long been a draft. Propose it, or delete it."),
        }
        for state, text in texts.items():
            changed, days = "write_date", DAYS_PLANNED
            if state == "approved":
                changed, days = "date_approved", DAYS_APPROVED
            for run in self.env["account.dunning.run"].search(
                [
                    ("company_id", "=", company.id),
                    ("state", "=", state),
                    ("issue_started", "=", False),
                    (changed, "<", now - timedelta(days=days)),
                    ("date", "<", today - timedelta(days=days)),
                ]
            ):
                yield "warning", text % run.display_name, run

    @api.model
    def _find_retention(self, company):
        """Yield retention rules that could not do their work last night."""
        Retention = self.env["account.dunning.retention"].with_company(company)
        for rule in Retention._get_rules(company).with_env(Retention.env):
            if company.dunning_retention_active and rule.failure:
                text = self.env._(
                    "The retention rule “%(rule)s” could not erase: %(reason)s",
                    rule=rule.name,
                    reason=rule.failure,
                )
                yield "error", text, rule

    # === CRON METHODS === #

    @api.model
    def _cron_check(self):
        """Check each company; what was found before is kept for a month."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            # the job's own user reads nothing: it is told to whoever looks at it
            reader = company.dunning_user_id.partner_id or company.partner_id
            self.with_context(lang=reader.lang)._check_company(company)._tell()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.autovacuum
    def _gc_checks(self):
        """Forget checks of more than a month ago."""
        month_ago = fields.Datetime.now() - timedelta(days=31)
        self.search([("date", "<", month_ago)]).unlink()
