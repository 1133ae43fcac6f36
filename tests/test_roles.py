"""Every menu, list, form and button of the addons, as each group of users.

What a user is shown must open, and a button that is shown may say that something is
missing, but not that the user has no right to it. What is not shown is refused, or at
least writes nothing, when it is called over RPC all the same.
"""

import re
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.service.model import call_kw
from odoo.sql_db import Cursor
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL, mute_logger
from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import dateutil, safe_eval, time

from odoo.addons.account_dunning_advanced.tests.common import DAY, DunningCommon

ADDONS = ("account_dunning_advanced", "account_dunning_legal", "account_dunning_portal")
WRITES = re.compile(
    r'(?<!FOR )(?<!KEY )(?<!DO )\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?',
    re.IGNORECASE,
)
# What somebody who only reads leaves behind: the asking, and what was found.
READERS_TRACES = {
    "account_dunning_aging_open",
    "account_dunning_export",
    "account_dunning_export_company_rel",
    "account_dunning_contact_print",
    "account_dunning_check",
    "account_dunning_check_finding",
    # messages to open windows
    "bus_bus",
}
OWN = ("account.dunning.", "account.legal.")
LEGAL = "account_dunning_legal.group_legal_clerk"
ROLES = {
    "viewer": "account_dunning_advanced.group_dunning_viewer",
    "collector": "account_dunning_advanced.group_dunning_user",
    "manager": "account_dunning_advanced.group_dunning_manager",
    "configurator": "account_dunning_advanced.group_dunning_manager,"
    "account.group_account_manager",
    "legal": LEGAL,
}
STRANGERS = {"employee": "base.group_user", "customer": "base.group_portal"}


class _Undo(Exception):
    """What was tried is taken back."""


@tagged("post_install", "-at_install")
class TestRoles(DunningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{DAY} 10:00:00"))
        cls.today = DAY
        cls._prepare_books()
        cls.people = {
            role: cls._create_person(f"role_{role}", groups)
            for role, groups in {**ROLES, **STRANGERS}.items()
        }

    # === WHAT THE BOOKS HOLD === #

    @classmethod
    def _create_person(cls, login, groups):
        values = {} if "portal" in groups else {"company_id": cls.company.id}
        if values:
            values["company_ids"] = [Command.set(cls.company.ids)]
        return new_test_user(cls.env, login, groups=groups, **values)

    @classmethod
    def _prepare_books(cls):
        """Make at least one record of what the menus show."""
        cls.item = cls._create_item(1000, 40, day=cls.today)
        cls.issued = cls._run(cls.today - timedelta(days=1), issue=True)
        cls.other = cls._create_debtor("Other Debtor")
        items = [
            cls._create_item(500 + number, 60, partner=cls.other, day=cls.today)
            for number in range(6)
        ]
        cls._run(cls.today)
        env = cls.env
        env["account.dunning.hold"].create(
            {
                "move_line_id": items[0].id,
                "reason": "Asked for time",
                "date_to": cls.today + timedelta(days=9),
            }
        )
        for confirm in (False, True):
            promise = env["account.dunning.promise"].create(
                {
                    "partner_id": cls.other.id,
                    "move_line_ids": [Command.set(items[1 + confirm].ids)],
                    "line_ids": [
                        Command.create(
                            {"date": cls.today + timedelta(days=5), "amount": 100}
                        )
                    ],
                }
            )
            if confirm:
                promise.action_confirm()
        env["account.dunning.dispute"].create(
            {
                "partner_id": cls.other.id,
                "move_line_ids": [Command.set(items[3].ids)],
                "reason_id": env["account.dunning.dispute.reason"]
                .search([], limit=1)
                .id,
            }
        )
        env["account.dunning.writeoff"].create(
            {
                "company_id": cls.company.id,
                "date": cls.today,
                "reason_id": env["account.dunning.writeoff.reason"]
                .search([], limit=1)
                .id,
                "line_ids": [
                    Command.create({"move_line_id": items[4].id, "amount": 5})
                ],
            }
        )
        env["account.dunning.contact"].create(
            {"partner_id": cls.debtor.id, "channel": "call", "outcome": "reached"}
        )
        env["account.dunning.relief"].create(
            {
                "name": "Flood",
                "date_from": cls.today,
                "date_to": cls.today,
                "zip_prefixes": "9",
            }
        )
        env["account.dunning.factoring"].create(
            {
                "name": "Framework contract",
                "factor_id": cls.other.id,
                "dunning": "own",
                "partner_ids": [Command.set(cls.debtor.ids)],
            }
        )
        env["account.legal.case"].create(
            {
                "partner_id": cls.other.id,
                "company_id": cls.company.id,
                "procedure_id": env["account.legal.procedure"].search([], limit=1).id,
                "move_line_ids": [Command.set(items[5].ids)],
            }
        )
        env["account.dunning.absence"].create(
            {
                "user_id": cls.collector.id,
                "substitute_id": cls.manager.id,
                "date_from": cls.today,
                "date_to": cls.today,
            }
        )
        env["account.dunning.customer.statement"].create(
            {"partner_id": cls.debtor.id, "company_id": cls.company.id}
        )
        env["account.dunning.check"].action_check()
        cls._refresh()

    @classmethod
    def _refresh(cls):
        cls.env["account.dunning.debtor"]._refresh(cls.company)
        cls.env.flush_all()
        # what waits for the end of the transaction is nobody's doing below
        cls.env.cr.precommit.run()
        cls.env.flush_all()

    # === THE STORIES === #

    def test_viewer_opens_and_presses_everything_shown(self):
        self._press_all_buttons("viewer")

    def test_collector_opens_and_presses_everything_shown(self):
        self._press_all_buttons("collector")

    def test_manager_opens_and_presses_everything_shown(self):
        self._press_all_buttons("manager")

    def test_whoever_sets_up_opens_and_presses_everything_shown(self):
        self._press_all_buttons("configurator")

    def test_legal_clerk_opens_and_presses_everything_shown(self):
        self._press_all_buttons("legal")

    def test_each_role_sees_the_menus_of_its_work(self):
        seen = {role: self._get_menu_names(role) for role in (*ROLES, "employee")}

        self.assertFalse(seen["employee"])
        self.assertLess(seen["viewer"], seen["collector"])
        self.assertEqual(seen["collector"] - seen["viewer"], {"Propose"})
        self.assertIn("Legal Cases", seen["viewer"])
        self.assertIn("Policies", seen["manager"])
        self.assertNotIn("Policies", seen["collector"])
        self.assertLessEqual(seen["manager"], seen["configurator"])

    def test_viewer_changes_nothing_by_any_button(self):
        faults = []
        for record, name in self._iterate_all_buttons():
            tables, _error = self._call(self.people["viewer"], record, name)
            if tables - READERS_TRACES:
                faults.append(f"{record._name}.{name} writes {sorted(tables)}")
        self.assertFalse(faults, "\n".join(faults))

    def test_the_watch_sees_what_a_collector_writes(self):
        # the twin: the same call by who may is seen to write
        hold = self.env["account.dunning.hold"].search(
            [("company_id", "=", self.company.id)], limit=1
        )
        tables, error = self._call(self.people["collector"], hold, "action_end")
        self.assertFalse(error)
        self.assertIn("account_dunning_hold", tables)

    def test_strangers_are_refused_every_button(self):
        faults = []
        for record, name in self._iterate_all_buttons():
            for role in STRANGERS:
                tables, error = self._call(self.people[role], record, name)
                if tables or not error:
                    faults.append(f"{role}: {record._name}.{name} {tables or ''}")
        self.assertFalse(faults, "\n".join(faults))

    # === MENUS === #

    def _get_menus(self, role):
        user = self.people[role]
        menus = self.env["ir.ui.menu"].with_user(user)
        visible = menus.browse(menus._visible_menu_ids())
        own = self.env["ir.model.data"].search(
            [("model", "=", "ir.ui.menu"), ("module", "in", ADDONS)]
        )
        ids = set(own.mapped("res_id"))
        # what hangs below a menu that is hidden is not reached
        return visible.filtered(
            lambda menu: menu.id in ids
            and set(self._get_path(menu)) <= set(visible.ids)
        )

    def _get_path(self, menu):
        path = menu.sudo()
        while path:
            yield path.id
            path = path.parent_id

    def _get_menu_names(self, role):
        menus = self._get_menus(role).filtered("action")
        return {menu.name for menu in menus}

    def _press_all_buttons(self, role):
        user = self.people[role]
        faults = []
        pressed = set()
        for menu in self._get_menus(role).filtered("action"):
            with self._note(faults, f"{role}: menu {menu.complete_name}"):
                self._open(user, menu.action, pressed, faults)
        self.assertFalse(faults, "\n".join(faults))
        self.assertGreater(len(pressed), 10)

    @contextmanager
    def _note(self, faults, what):
        """Note whatever goes wrong, so that one run names all faults."""
        try:
            with mute_logger("odoo.addons.base.models.ir_model"):
                yield
        except _Undo:
            raise
        except (Exception, AssertionError) as error:
            text = str(error).replace("\n", " ")[:300]
            faults.append(f"{what}: {type(error).__name__}: {text}")

    # === SCREENS === #

    def _open(self, user, action, pressed, faults):
        """Open an action as the web client does, and press what it shows."""
        if action._name == "ir.actions.server":
            try:
                with self._undone():
                    values = action.with_user(user).run()
            except RedirectWarning:
                # says where to go instead
                return
        else:
            values = action.with_user(user)._get_action_dict()
        if not values or values.get("type") != "ir.actions.act_window":
            return
        context = {
            "uid": user.id,
            "active_id": False,
            "active_ids": [],
            "time": time,
            "datetime": safe_datetime,
            "relativedelta": dateutil.relativedelta.relativedelta,
            "context_today": lambda: self.today,
            "allowed_company_ids": self.company.ids,
        }
        extra = values.get("context") or {}
        extra = safe_eval(extra, context) if isinstance(extra, str) else extra
        domain = values.get("domain") or []
        domain = safe_eval(domain, context) if isinstance(domain, str) else domain
        model = (
            self.env[values["res_model"]]
            .with_user(user)
            .with_context(allowed_company_ids=self.company.ids, **extra)
        )
        kinds = values["view_mode"].split(",")
        shown = values.get("views") or [(False, kind) for kind in kinds]
        views = model.get_views([*shown, (False, "search")])
        for kind, view in views["views"].items():
            arch = etree.fromstring(view["arch"])
            with self._note(faults, f"{user.login}: {kind} of {model._name}"):
                if kind in ("list", "kanban", "activity", "calendar"):
                    self._read_rows(model, arch, domain)
                elif kind in ("pivot", "graph"):
                    self._read_groups(model, arch, domain)
                elif kind == "search" and model._name.startswith(OWN):
                    self._try_filters(model, arch, domain, context)
                elif kind == "form":
                    self._visit_forms(model, arch, domain, pressed, faults)
            if kind == "list":
                records = model.search(domain, limit=2)
                self._press(records, arch, pressed, faults)

    def _read_rows(self, model, arch, domain):
        names = self._get_top_fields(arch)
        model.web_search_read(domain, {name: {} for name in names}, limit=5)

    def _get_top_fields(self, arch):
        return {
            node.get("name")
            for node in arch.iter("field")
            if not any(parent.tag == "field" for parent in node.iterancestors())
        }

    def _read_groups(self, model, arch, domain):
        groups, sums = [], []
        for node in arch.iter("field"):
            name = node.get("name")
            if node.get("type") == "measure":
                sums.append(f"{name}:{model._fields[name].aggregator or 'sum'}")
            elif node.get("type") in ("row", "col") or arch.tag == "graph":
                interval = node.get("interval")
                date = model._fields[name].type in ("date", "datetime")
                groups.append(f"{name}:{interval or 'month'}" if date else name)
        model.formatted_read_group(domain, groups, ["__count", *sums])

    def _try_filters(self, model, arch, domain, context):
        for node in arch.iter("filter"):
            if text := node.get("domain"):
                # as on the screen, "self" and the rest come from the client
                found = safe_eval(text, {**context, "self": False})
                model.search_count([*domain, *found], limit=3)
            grouping = safe_eval(node.get("context") or "{}", dict(context))
            if grouped := grouping.get("group_by"):
                grouped = [grouped] if isinstance(grouped, str) else grouped
                for group in grouped:
                    model.formatted_read_group(domain, [group], ["__count"])

    def _visit_forms(self, model, arch, domain, pressed, faults):
        if model._transient:
            model.onchange({}, [], self._get_spec(arch))
            return
        for record in model.search(domain, limit=3):
            [values] = record.web_read(self._get_spec(arch))
            self._press(record, arch, pressed, faults, values)

    def _get_spec(self, arch):
        """Return what the client reads of a form, with the rows of its lists."""
        spec = {}
        for node in arch.iter("field"):
            owner = next(
                (p for p in node.iterancestors() if p.tag in ("field", arch.tag)), None
            )
            if owner is not arch and (owner is None or owner.tag == "field"):
                continue
            rows = node.find("list")
            if rows is None:
                rows = node.find("kanban")
            spec[node.get("name")] = (
                {"fields": self._get_spec(rows), "limit": 5} if rows is not None else {}
            )
        return spec

    # === BUTTONS === #

    def _press(self, record, arch, pressed, faults, values=None):
        """Press the buttons that the view shows of a record."""
        for node in self._get_buttons(arch):
            if values is not None and self._is_hidden(node, arch, values):
                continue
            name = node.get("name")
            user = record.env.user
            if node.get("type") == "action":
                action = self.env["ir.actions.actions"].browse(int(name)).exists()
                self.assertTrue(action, name)
                continue
            pressed.add((record._name, name))
            # what stands in a row is about that row, what stands above about all
            above = any(parent.tag == "header" for parent in node.iterancestors())
            _tables, error = self._call(user, record if above else record[:1], name)
            if error and not self._is_explained(error):
                text = str(error).replace("\n", " ")[:300]
                what = f"{user.login}: {record._name}.{name}"
                faults.append(f"{what}: {type(error).__name__}: {text}")

    def _get_buttons(self, arch):
        return [
            node
            for node in arch.iter("button")
            if node.get("name")
            and not any(parent.tag == "field" for parent in node.iterancestors())
        ]

    def _is_hidden(self, node, arch, values):
        """Whether the button, or what it stands in, is invisible for the record."""
        for part in (node, *node.iterancestors()):
            rule = part.get("invisible")
            if rule and safe_eval(
                rule,
                {
                    **values,
                    "context": {},
                    "uid": self.env.uid,
                    "current_date": fields.Date.to_string(self.today),
                },
            ):
                return True
        return False

    def _is_explained(self, error):
        """Whether the error tells the user what to do, instead of a missing right."""
        if isinstance(error, RedirectWarning):
            return True
        return isinstance(error, UserError) and not isinstance(error, AccessError)

    def _iterate_all_buttons(self):
        """Yield a record and a method for every button of the addons' screens."""
        done = set()
        views = self.env["ir.ui.view"].search(
            [("model", "like", "account."), ("type", "in", ("form", "list"))]
        )
        own = views.filtered(
            lambda view: (view.xml_id or "").startswith("account_dunn")
        )
        for view in own:
            Model = self.env.get(view.model)
            if Model is None or Model._transient or Model._abstract:
                continue
            record = Model.search([], limit=1)
            for node in etree.fromstring(view.arch_db).iter("button"):
                name = node.get("name")
                key = (view.model, name)
                if node.get("type") != "object" or key in done or not record:
                    continue
                if not hasattr(record, name):
                    # of the rows of a list within
                    continue
                done.add(key)
                yield record, name

    def _call(self, user, record, name):
        """Call a method over RPC and take it back; return tables written, and error."""
        error = None
        self.env.flush_all()
        with self._watch_writes() as tables, self._undone():
            try:
                env = self.env(user=user, su=False)
                call_kw(env[record._name], name, [record.ids], {})
                self.env.flush_all()
            except Exception as caught:
                error = caught
                # what an error takes back was not written
                tables.clear()
        self.env.invalidate_all()
        return tables, error

    @contextmanager
    def _undone(self):
        try:
            with self.env.cr.savepoint():
                yield
                raise _Undo
        except _Undo:
            pass
        self.env.invalidate_all()

    @contextmanager
    def _watch_writes(self):
        tables = set()
        execute = Cursor.execute

        def watch(cursor, query, params=None, **kwargs):
            text = query.code if isinstance(query, SQL) else str(query)
            tables.update(WRITES.findall(text))
            return execute(cursor, query, params, **kwargs)

        with patch.object(Cursor, "execute", watch):
            yield tables
