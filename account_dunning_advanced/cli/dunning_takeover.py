"""``odoo-bin dunning_takeover``: take over what another dunning software knew."""

import base64
import sys
from pathlib import Path

from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import config


class DunningTakeover(Command):
    """Read what another dunning software knew, and take it over with --apply."""

    name = "dunning_takeover"

    def run(self, args):
        parser = self.parser
        parser.add_argument("-c", "--config", help="configuration file of Odoo")
        parser.add_argument("-d", "--database", required=True)
        parser.add_argument("--source", required=True, help="e.g. oca_credit_control")
        parser.add_argument("--company", help="name of the company; the main one")
        parser.add_argument("--file", type=Path, help="the file, with --source csv")
        parser.add_argument("--policy", help="name of the policy to go on with")
        parser.add_argument("--date-format", choices=("iso", "dmy", "mdy"))
        parser.add_argument("--decimal-sign", choices=("point", "comma"))
        parser.add_argument(
            "--apply", action="store_true", help="without it, only the report is made"
        )
        options = parser.parse_args(args)
        odoo_args = ["-d", options.database]
        if options.config:
            odoo_args += ["-c", options.config]
        config.parse_config(odoo_args, setup_logging=True)
        with Registry(options.database).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            try:
                self._take_over(env, options)
            except (UserError, LookupError) as error:
                # nothing of it is kept
                cr.rollback()
                sys.exit(str(error))

    def _take_over(self, env, options):
        company = self._find(env["res.company"], options.company) or env.company
        takeover = (
            env["account.dunning.takeover"]
            .with_company(company)
            .create(self._prepare(env, options, company))
        )
        takeover.action_read()
        self._report(takeover)
        if options.apply:
            takeover.action_apply()
            print(takeover._get_summary())

    def _prepare(self, env, options, company):
        known = dict(
            env["account.dunning.takeover"]
            ._fields["source"]
            ._description_selection(env)
        )
        if options.source not in known:
            raise LookupError(f"--source: {', '.join(known)}")
        vals = {"company_id": company.id, "source": options.source}
        if options.file:
            vals["file"] = base64.b64encode(options.file.read_bytes())
            vals["filename"] = options.file.name
        for name in ("date_format", "decimal_sign"):
            if getattr(options, name):
                vals[name] = getattr(options, name)
        policy = self._find(
            env["account.dunning.policy"].with_company(company), options.policy
        )
        return {**vals, "policy_id": policy.id}

    def _find(self, model, name):
        """Return the record of exactly that name, none without a name."""
        if not name:
            return model
        found = model.search([("name", "=", name)])
        if len(found) != 1:
            raise LookupError(f"{len(found)} {model._description}: {name}")
        return found

    def _report(self, takeover):
        """Print the ladders, and why what is not taken over is not."""
        for step in takeover.step_ids:
            level = step.level_id.display_name or "+"
            print(f"{step.policy or '-'} / {step.name} -> {level}: {step.item_count}")
        for problem, count in takeover.line_ids._read_group(
            [("takeover_id", "=", takeover.id), ("problem", "!=", False)],
            ["problem"],
            ["__count"],
            order="__count DESC",
            limit=50,
        ):
            print(f"- {problem}: {count}")
        print(f"{takeover.take_count} / {takeover.take_count + takeover.skip_count}")
