import doctest
import tempfile
import tracemalloc
from datetime import date, datetime
from io import BytesIO

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import BaseCase, HttpCase, new_test_user, tagged

from ..engine import xlsx
from .common import DAY, DunningCommon


def read(content, data_only=True):
    return load_workbook(BytesIO(content), data_only=data_only)


@tagged("post_install", "-at_install")
class TestXlsx(BaseCase):
    """The writer alone."""

    def _write(self, columns, rows, **values):
        target = BytesIO()
        xlsx.write(target, [xlsx.Sheet("Page", columns, rows, **values)], "Total")
        return target.getvalue()

    def test_texts_are_no_formulas(self):
        for text in ("=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://x")', "0123"):
            with self.subTest(text=text):
                page = read(self._write([xlsx.Column("A")], [[text]]), False).active
                self.assertEqual(page["A2"].value, text)
                self.assertIn(page["A2"].data_type, ("s", "inlineStr"))

    def test_numbers_and_dates_are_such(self):
        columns = [xlsx.Column("N", "money"), xlsx.Column("D", "date")]
        page = read(self._write(columns, [[12.5, date(2024, 6, 14)]])).active
        self.assertEqual(page["A2"].value, 12.5)
        self.assertEqual(page["B2"].value, datetime(2024, 6, 14))
        self.assertTrue(page["B2"].is_date)

    def test_totals_are_formulas_with_their_value(self):
        columns = [xlsx.Column("A"), xlsx.Column("N", "money", total=True)]
        content = self._write(columns, [["x", 0.1]] * 2500, heading=["T", "C"])
        self.assertEqual(
            read(content, False).active["B2505"].value, "=SUBTOTAL(109,B5:B2504)"
        )
        page = read(content).active
        self.assertEqual(page["B2505"].value, 250)
        self.assertEqual(page["A2505"].value, "Total")
        self.assertEqual(page.freeze_panes, "A5")
        self.assertEqual(page.auto_filter.ref, "A4:B2504")

    def test_doctests(self):
        self.assertEqual(doctest.testmod(xlsx).failed, 0)

    def test_memory_does_not_grow_with_the_rows(self):
        columns = [xlsx.Column("T"), xlsx.Column("N", "money", total=True)]
        peaks = []
        for count in (2_000, 20_000):
            rows = ((f"text {number}", number) for number in range(count))
            tracemalloc.start()
            with tempfile.TemporaryFile() as file:
                xlsx.write(file, [xlsx.Sheet("Page", columns, rows)], "Total")
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        # ten times the rows: not even a fifth more
        self.assertLess(peaks[1], 1.2 * peaks[0], peaks)

    def test_nothing_has_no_total(self):
        columns = [xlsx.Column("N", "money", total=True)]
        page = read(self._write(columns, [])).active
        self.assertEqual(page.max_row, 1)


@tagged("post_install", "-at_install")
class TestExport(DunningCommon, HttpCase):
    """Spreadsheets that a person opens, and sums."""

    def setUp(self):
        super().setUp()
        self.env["res.users"].browse(self.collector.id).password = "collector"
        self.Export = self.env["account.dunning.export"].with_user(self.collector)

    def _download(self, action, login="collector"):
        self.authenticate(login, "collector")
        self.assertEqual(action["type"], "ir.actions.act_url")
        return self.url_open(action["url"])

    def _sum(self, page, label):
        """Return the sum of a column's numbers, and what its total says."""
        head = next(
            row for row in page.iter_rows() if label in [cell.value for cell in row]
        )
        index = [cell.value for cell in head].index(label)
        values = [row[index].value for row in page.iter_rows(min_row=head[0].row + 1)]
        return round(sum(value or 0 for value in values[:-1]), 2), values[-1]

    def test_aging_adds_up_to_the_ledger(self):
        other = self._create_debtor("=cmd()")
        for days, amount in ((-3, 10.10), (5, 20.20), (40, 40.40), (400, 80.80)):
            self._create_item(amount, days)
            self._create_item(amount, days, partner=other)
        self._create_credit(0.5)

        action = (
            self.env["account.dunning.aging"]
            .with_user(self.collector)
            .with_context(dunning_aging_date=str(DAY))
            .action_export()
        )
        response = self._download(action)

        self.assertEqual(response.status_code, 200)
        self.assertIn("2024-06-14.xlsx", response.headers["Content-Disposition"])
        book = read(response.content)
        summary, items = book.worksheets
        self.assertEqual(self._sum(summary, "Total"), (302.5, 302.5))
        self.assertEqual(self._sum(items, "Open"), (302.5, 302.5))
        self.assertEqual(self._sum(summary, "Over 180 days"), (161.6, 161.6))
        self.assertIn("=cmd()", [cell.value for cell in items["A"]])
        self.assertEqual(summary.freeze_panes, "A6")

    def test_debtors_are_exported_as_on_the_worklist(self):
        for name in ("One", "Two"):
            partner = self._create_debtor(name)
            self._create_item(100, 30, partner=partner)
            self.env["account.dunning.debtor"]._get_or_create(partner, self.company)
        debtors = self.env["account.dunning.debtor"].search(
            [("company_id", "=", self.company.id)]
        )

        action = self.Export.action_export(debtors._name, debtors.ids)
        page = read(self._download(action).content).active

        self.assertEqual(self._sum(page, "Open"), (200, 200))
        # whom to call and why, as on the screen
        cells = [[cell.value for cell in row] for row in page.iter_rows()]
        head = next(row for row in cells if "Why" in row)
        first = dict(zip(head, cells[cells.index(head) + 1], strict=True))
        debtor = debtors.search([("id", "in", debtors.ids)], limit=1)
        self.assertEqual(
            [first[name] for name in ("Customer", "Why", "Priority", "What Next")],
            [
                debtor.partner_id.display_name,
                debtor.priority_text,
                debtor.priority,
                debtor.next_step_text,
            ],
        )
        self.assertIn("overdue", first["Why"])
        self.assertEqual(first["Stage"], "Overdue")

    def test_run_with_verdicts_and_notices(self):
        self._create_item(100, 30)
        self._create_item(50, 3)
        run = self._run(issue=True)

        action = self.Export.action_export(run._name, run.ids)
        notices, verdicts = read(self._download(action).content).worksheets

        self.assertEqual(self._sum(notices, "Total"), (100, 100))
        self.assertEqual(self._sum(verdicts, "Open"), (150, 150))
        self.assertEqual(self._sum(verdicts, "Asked For"), (100, 100))

    def test_promises_are_exported_with_their_instalments(self):
        item = self._create_item(100, 30)
        promise = self.env["account.dunning.promise"].create(
            {
                "partner_id": self.debtor.id,
                "company_id": self.company.id,
                "date": DAY,
                "move_line_ids": [Command.set(item.ids)],
                "line_ids": [
                    Command.create({"date": date(2024, 6, day), "amount": 50})
                    for day in (20, 27)
                ],
            }
        )
        promise.action_confirm()

        action = self.Export.action_export(promise._name, promise.ids)
        page = read(self._download(action).content).active

        self.assertEqual(self._sum(page, "Amount"), (100, 100))

    def test_amounts_of_two_currencies_are_not_added_up(self):
        gold = self.setup_other_currency("XAF", rates=[("2023-01-01", 2.0)])
        self._create_item(100, 30)
        self._create_item(100, 30, currency=gold)
        run = self._run(issue=True)

        action = self.Export.action_export(run._name, run.ids)
        notices = read(self._download(action).content).worksheets[0]

        self.assertEqual([cell.value for cell in notices["A"]].count("Total"), 0)

    # === RIGHTS === #

    def test_another_users_spreadsheet_is_not_found(self):
        action = self.Export._open("aging")
        self.manager.password = "collector"

        self.assertEqual(
            self._download(action, login="dunning_manager").status_code, 404
        )
        self.assertEqual(self._download(action).status_code, 200)

    def test_employees_get_none(self):
        employee = new_test_user(self.env, "employee", "base.group_user")
        Export = self.env["account.dunning.export"].with_user(employee)
        with self.assertRaises(AccessError):
            Export._open("aging")
        with self.assertRaises(AccessError):
            self.env["account.dunning.aging"].with_user(employee).action_export()

    def test_what_one_may_not_see_is_not_in_it(self):
        other = self.setup_other_company()["company"]
        self._create_item(100, 30, company=other)
        debtor = self.env["account.dunning.debtor"]._get_or_create(self.debtor, other)
        with self.assertRaises(AccessError):
            self.Export.action_export(debtor._name, debtor.ids)
        # forged: a company that is not the user's
        export = self.Export.create({"kind": "aging", "date": DAY})
        export.sudo().company_ids = other
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            export._write_xlsx(BytesIO())

    def test_only_known_lists(self):
        with self.assertRaises(UserError):
            self.Export.action_export("res.users", [1])
