"""The generator and a run over it at a few hundred items; nothing is timed here."""

from odoo.tests import TransactionCase, tagged

from . import aging, charge
from .ledger import DAY, Ledger, generate, set_levels

LEDGER = Ledger(items=400, debtors=40, items_a_bank_line=100)


@tagged("standard", "post_install", "-at_install")
class TestBenchSmoke(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        generate(cls.env, LEDGER)
        set_levels(cls.env, LEDGER)

    def _propose(self):
        run = self.env["account.dunning.run"].create({"date": DAY})
        run.action_propose()
        return run

    def _search_open(self, company):
        return self.env["account.move.line"].search(
            [
                ("company_id", "=", company.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
                ("date", "<=", DAY),
            ]
        )

    def test_ledger_is_as_large_and_as_mixed_as_asked(self):
        items = self._search_open(self.env.company)
        debits = items.filtered(lambda item: item.amount_residual > 0)

        self.assertEqual(len(debits), LEDGER.items)
        self.assertEqual(len(debits.partner_id), LEDGER.debtors)
        self.assertEqual(len(debits.currency_id), 3)
        for part in (
            items - debits,  # credits
            debits.filtered("no_followup"),
            debits.filtered("matching_number"),  # paid in part
            debits.move_id.filtered(lambda move: move.payment_state == "blocked"),
        ):
            self.assertTrue(part)
        self.assertGreater(len(debits.dunning_level_id), 1)
        self.assertGreater(len(debits), len(debits.move_id))  # instalments
        waiting = self.env["account.bank.statement.line"].search(
            [("company_id", "=", self.env.company.id), ("is_reconciled", "=", False)]
        )
        self.assertEqual(len(waiting), LEDGER.items // LEDGER.items_a_bank_line)

    def test_copied_moves_are_what_odoo_would_compute(self):
        moves = self.env["account.move"].search([("company_id", "!=", False)])
        names = {
            "account.move": ("amount_total", "amount_residual", "amount_total_signed"),
            "account.move.line": (
                "amount_residual",
                "amount_residual_currency",
                "reconciled",
            ),
        }
        for records in (moves, moves.line_ids):
            before = {record: record.read(names[record._name]) for record in records}
            for name in names[record_name := records._name]:
                self.env.add_to_compute(records._fields[name], records)

            self.assertEqual(
                {record: record.read(names[record_name]) for record in records}, before
            )
            for move in moves:
                self.assertFalse(
                    move.company_currency_id.round(sum(move.line_ids.mapped("balance")))
                )

    def test_every_open_item_has_one_verdict(self):
        run = self._propose()

        items = self._search_open(self.env.company)
        debits = items.filtered(lambda item: item.amount_residual > 0)
        self.assertEqual(run.verdict_ids.move_line_id, debits.sorted("id") & debits)
        self.assertEqual(len(run.verdict_ids), LEDGER.items)
        self.assertGreater(len(set(run.verdict_ids.mapped("reason"))), 5)

    def test_notices_ask_for_what_verdicts_say(self):
        run = self._propose()

        dunned = run.verdict_ids.filtered(lambda verdict: verdict.reason == "dun")
        self.assertTrue(dunned)
        self.assertEqual(run.notice_ids.line_ids.move_line_id, dunned.move_line_id)
        for currency, notices in run.notice_ids.grouped("currency_id").items():
            asked = sum(notices.mapped("amount_total"))
            of_currency = dunned.filtered(lambda v, c=currency: v.currency_id == c)
            self.assertAlmostEqual(asked, sum(of_currency.mapped("amount_dunned")))

    def test_both_sides_of_charge_make_the_same_bills(self):
        charge.set_up_charges(self.env)
        seconds, queries = [], []
        with charge.time_charging(self.env, seconds, queries):
            run = self._propose()
        run.action_approve()
        (vals_list,) = charge.prepare_batches(run)

        by_orm = self.env["account.move"].create(vals_list)
        by_orm._post(soft=False)
        run.action_issue()

        self.assertTrue(seconds)
        self.assertFalse(run.notice_ids.filtered("error"))
        bills = run.notice_ids.charge_move_id
        self.assertEqual(len(bills), run.notice_count)
        self.assertEqual(charge.sum_up(bills), charge.sum_up(by_orm))
        self.assertTrue(charge.sum_up(bills)["posted"])
        self.assertEqual(
            set(run.notice_ids.charge_ids.mapped("kind")), {"interest", "fee"}
        )

    def test_aging_adds_up_to_the_ledger(self):
        result = aging.measure(self.env, LEDGER.items, rounds=1)

        [(balance,)] = self.env["account.move.line"]._read_group(
            [
                ("company_id", "=", self.env.company.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("date", "<=", DAY),
            ],
            [],
            ["balance:sum"],
        )
        self.assertAlmostEqual(result["aged"], balance, places=2)
        self.assertGreater(result["rows"], result["groups"] / 6)

    def test_nobody_is_asked_for_more_than_owed(self):
        run = self._propose()

        balances = {
            (partner, currency): balance
            for partner, currency, balance in self.env["account.move.line"]._read_group(
                [("id", "in", self._search_open(self.env.company).ids)],
                ["partner_id", "currency_id"],
                ["amount_residual_currency:sum"],
            )
        }
        for notice in run.notice_ids:
            owed = balances[notice.partner_id, notice.currency_id]
            self.assertLessEqual(
                notice.currency_id.compare_amounts(notice.amount_total, owed), 0
            )

    def test_the_same_seed_makes_the_same_ledger(self):
        items = self._search_open(self.env.company)

        # what seed 1 made when this was written
        self.assertEqual(sum(items.mapped("amount_residual_currency")), 741320)
