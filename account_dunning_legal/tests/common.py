from datetime import date

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.account_dunning_advanced.tests.common import DunningCommon

#: The day on which the stories are told; what opens a case reads the clock.
TODAY = date(2024, 6, 14)


class LegalCommon(DunningCommon):
    """A debtor whose items can be lifted to the last level, and a legal clerk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._create_legal_user("clerk", "group_legal_clerk")
        cls.procedure = cls.env["account.legal.procedure"].create(
            {
                "name": "Test way",
                "code": "test",
                "company_id": cls.company.id,
                "limitation_years": 3,
                "step_ids": [
                    Command.create(
                        {
                            "name": "Demand",
                            "native_name": "Aufforderung",
                            "sequence": 10,
                            "wait_days": 14,
                            "document": "demand",
                        }
                    ),
                    Command.create({"name": "Suit", "sequence": 20, "wait_days": 30}),
                    Command.create({"name": "Enforcement", "sequence": 30}),
                ],
            }
        )

    def setUp(self):
        super().setUp()
        clock = freeze_time(TODAY)
        clock.start()
        self.addCleanup(clock.stop)

    @classmethod
    def _create_legal_user(cls, login, group):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"account_dunning_legal.{group}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _create_top_item(cls, amount, days=60, **values):
        """Post an overdue invoice whose item has been given the last level."""
        item = cls._create_item(amount, days, day=TODAY, **values)
        item.write({"dunning_level_id": cls.last.id, "dunning_date": "2024-06-01"})
        return item

    @classmethod
    def _create_case(cls, items, user=None, **values):
        return (
            cls.env["account.legal.case"]
            .with_user(user or cls.env.user)
            .create(
                {
                    "partner_id": cls.debtor.id,
                    "company_id": cls.company.id,
                    "procedure_id": cls.procedure.id,
                    "move_line_ids": [Command.set(items.ids)],
                    **values,
                }
            )
        )

    @classmethod
    def _open_case(cls, items, user=None, **values):
        case = cls._create_case(items, user, **values)
        case.action_open()
        return case

    def assertBalance(self, case, day, **expected):
        """Assert the parts of the balance on a day; those not named are zero."""
        parts = dict.fromkeys(("principal", "interest", "fee", "cost"), 0.0)
        parts.update(expected)
        self.assertEqual(
            case.claim_balance(day), {**parts, "total": sum(parts.values())}
        )
