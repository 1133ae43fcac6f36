"""What the screens of the documentation show, beyond the demo data.

Each story is one that the handbook tells: a customer promises, another one objects, a
third says it is paid. Amounts and days are those of the addon's demo data.
"""

from datetime import timedelta
from email.message import EmailMessage

from odoo.fields import Command

PASSWORD = "see-what-you-owe"
CUSTOMER = "ap.northgate"
DELIVERY = "account_dunning_advanced.ir_cron_deliver"
# How many days late customers have paid, at least.
HABITS = (
    ("Evergreen Clinic", -3),
    ("River Logistics Inc.", 8),
    ("Blue Harbor Foods", 20),
    ("Hansol Trading Co., Ltd.", 25),
    ("Yamato Seiki KK", 40),
)


def tell(env):
    """Tell the stories as the administrator of the demo data.

    :return: {word: value} for the places of the pictures.
    """
    return Stories(env).tell()


class Stories:
    def __init__(self, env):
        self.env = env
        self.company = env.company
        self.today = self.company._dunning_today()

    def tell(self):
        self._pay_in_the_past()
        self._assign_collector()
        case = self._open_case("Berger Maschinenbau GmbH")
        notices = self._issue("Northgate Supplies Ltd", "Quick Print Shop")
        notice = notices["Northgate Supplies Ltd"]
        reply = self._answer(notices["Quick Print Shop"])
        dispute = self._dispute("Northgate Supplies Ltd", 120)
        promise = self._promise("Halfway Motors")
        self._call("Blue Harbor Foods")
        writeoff = self._write_off("Ghost Kitchen LLC")
        customer = self._invite("Northgate Supplies Ltd")
        run = self._propose()
        return {
            **self._report(),
            "case": case.id,
            "procedure": case.procedure_id.id,
            "notice": notice.id,
            "letter": self._get_path(notice.attachment_id),
            "link": notice.get_portal_url(),
            "verify": notice._get_verify_link(with_code=True).removeprefix(
                notice.get_base_url()
            ),
            "reply": reply.id,
            "dispute": dispute.id,
            "promise": promise.id,
            "writeoff": writeoff.id,
            "run": run.id,
            "policy": self.company.dunning_policy_id.id,
            "debtor": self._get_debtor("Blue Harbor Foods").id,
            "credited": self._get_debtor("Corner Books").id,
            "admin_password": "admin",
            "customer_login": customer.login,
        }

    # === WHO === #

    def _get_partner(self, name):
        return self.env["res.partner"].search([("name", "=", name)], limit=1)

    def _get_debtor(self, name):
        return self.env["account.dunning.debtor"].search(
            [
                ("partner_id", "=", self._get_partner(name).id),
                ("company_id", "=", self.company.id),
            ]
        )

    def _get_items(self, name, least_days=0):
        """Return a customer's open items that are so many days overdue."""
        return self.env["account.move.line"].search(
            [
                ("partner_id", "=", self._get_partner(name).id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("amount_residual", ">", 0),
                ("date_maturity", "<=", self.today - timedelta(days=least_days)),
            ],
            order="date_maturity",
        )

    def _assign_collector(self):
        debtors = self.env["account.dunning.debtor"]
        debtors._refresh(self.company)
        debtors.search([("company_id", "=", self.company.id)]).user_id = self.env.user

    def _invite(self, name):
        """Return a portal user of the customer."""
        contact = self.env["res.partner"].create(
            {"name": "Ann Moss", "parent_id": self._get_partner(name).id}
        )
        return (
            self.env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "login": CUSTOMER,
                    "password": PASSWORD,
                    "partner_id": contact.id,
                    "lang": "en_US",
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                    "group_ids": [Command.set(self.env.ref("base.group_portal").ids)],
                }
            )
        )

    # === WHAT HAPPENS === #

    def _pay_in_the_past(self, number=80):
        """Give the forecast something to learn from: invoices that were paid."""
        demo = self.env["account.dunning.demo"]
        for count in range(number):
            due = self.today - timedelta(days=4 * count + 20)
            name, days_late = HABITS[count % len(HABITS)]
            paid = due + timedelta(days=days_late + (count * 7) % 10)
            if paid > self.today:
                continue
            invoice = self.env["account.move"].create(
                demo._prepare_invoice(
                    self._get_partner(name), 1800 + 350 * (count % 7), due
                )
            )
            invoice.action_post()
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create({"payment_date": paid})._create_payments()

    def _issue(self, *names):
        """Issue a run of some customers and deliver it; return {name: notice}."""
        partners = [self._get_partner(name).id for name in names]
        run = self._create_run(partner_ids=[Command.set(partners)])
        run.action_propose()
        run.action_approve()
        run.action_issue()
        # letters are made by a transaction of their own, which has to see the notices
        self.env.cr.commit()
        self.env.ref(DELIVERY).sudo().method_direct_trigger()
        self.env.cr.commit()
        self.env.invalidate_all()
        return {notice.partner_id.name: notice for notice in run.notice_ids}

    def _propose(self):
        run = self._create_run()
        run.action_propose()
        return run

    def _create_run(self, **values):
        return self.env["account.dunning.run"].create(
            {"company_id": self.company.id, "date": self.today, **values}
        )

    def _answer(self, notice):
        """Receive the customer's answer to the e-mail of a notice."""
        sent = notice.message_ids.filtered("message_id")[:1]
        mail = EmailMessage()
        mail["From"] = notice.partner_id.email_formatted
        mail["To"] = self.company.email_formatted or "books@example.com"
        mail["Subject"] = f"Re: {notice.name}"
        mail["Message-ID"] = "<paid-last-week@quick.example.com>"
        mail["In-Reply-To"] = sent.message_id
        mail["References"] = sent.message_id
        mail.set_content(
            "Hello,\n\nwe paid this by transfer last Friday. "
            "Could you please check?\n\nKind regards\nQuick Print Shop\n"
        )
        self.env["mail.thread"].message_process(None, mail.as_bytes())
        return self.env["account.dunning.reply"].search(
            [("partner_id", "=", notice.partner_id.id)], limit=1, order="id desc"
        )

    def _dispute(self, name, amount):
        return self.env["account.dunning.dispute"].create(
            {
                "partner_id": self._get_partner(name).id,
                "move_line_ids": [Command.set(self._get_items(name)[-1:].ids)],
                "amount": amount,
                "reason_id": self.env["account.dunning.dispute.reason"]
                .search([], limit=1)
                .id,
                "reason": "2 of 7 boxes arrived wet",
            }
        )

    def _promise(self, name):
        """Agree on three monthly instalments of all that is overdue."""
        items = self._get_items(name)
        total = sum(items.mapped("amount_residual"))
        part = self.company.currency_id.round(total / 3)
        amounts = [part, part, self.company.currency_id.round(total - 2 * part)]
        promise = self.env["account.dunning.promise"].create(
            {
                "partner_id": self._get_partner(name).id,
                "kind": "plan",
                "tolerance_days": 3,
                "move_line_ids": [Command.set(items.ids)],
                "line_ids": [
                    Command.create(
                        {
                            "date": self.today + timedelta(days=7 + 30 * number),
                            "amount": amount,
                        }
                    )
                    for number, amount in enumerate(amounts)
                ],
            }
        )
        promise.action_confirm()
        return promise

    def _call(self, name):
        debtor = self._get_debtor(name)
        self.env["account.dunning.call"].create(
            {
                "debtor_id": debtor.id,
                "outcome": "asks_documents",
                "note": "Wants the delivery notes by e-mail, will look at them today.",
            }
        ).action_apply()

    def _write_off(self, name):
        items = self._get_items(name)
        return self.env["account.dunning.writeoff"].create(
            {
                "company_id": self.company.id,
                "reason_id": self.env.ref(
                    "account_dunning_advanced.account_dunning_writeoff_reason_uneconomic"
                ).id,
                "note": "No address, no phone; the shop is closed.",
                "line_ids": [
                    Command.create(
                        {"move_line_id": item.id, "amount": item.amount_residual}
                    )
                    for item in items
                ],
            }
        )

    def _open_case(self, name):
        case = self.env["account.legal.case"].create(
            {
                "partner_id": self._get_partner(name).id,
                "company_id": self.company.id,
                "currency_id": self.company.currency_id.id,
                "move_line_ids": [Command.set(self._get_items(name, 30).ids)],
                "early_reason": "Moves its machines out of the country.",
                "court": "Amtsgericht Stuttgart",
            }
        )
        case.action_open()
        case.step_ids[:1].action_start()
        case.interest_id = self.env.ref("account_dunning_advanced.interest_de_b2b")
        case.action_charge_interest()
        return case

    # === WHAT IS REPORTED === #

    def _report(self):
        """Make the figures that jobs make at night."""
        self.env["account.dunning.debtor"]._refresh(self.company)
        records = {}
        for word, model, action in (
            ("figures", "account.dunning.kpi", "action_compute"),
            ("forecast", "account.dunning.forecast", "action_compute"),
            ("check", "account.dunning.check", "action_check"),
        ):
            getattr(self.env[model], action)()
            found = self.env[model].search(
                [("company_id", "=", self.company.id)],
                order="date desc",
                limit=1,
            )
            records[word] = found.id
        return records

    def _get_path(self, attachment):
        return attachment._full_path(attachment.store_fname)
