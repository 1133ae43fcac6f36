"""``odoo-bin dunning_check``: is everything as it must be?"""

import sys

from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.modules.registry import Registry
from odoo.tools import config


class DunningCheck(Command):
    """Check all companies; print what is wrong, and end with 1 if anything is."""

    name = "dunning_check"

    def run(self, args):
        parser = self.parser
        parser.add_argument("-c", "--config", help="configuration file of Odoo")
        parser.add_argument("-d", "--database", required=True)
        options = parser.parse_args(args)
        odoo_args = ["-d", options.database]
        if options.config:
            odoo_args += ["-c", options.config]
        config.parse_config(odoo_args, setup_logging=True)
        wrong = False
        with Registry(options.database).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            for company in env["res.company"].search([]):
                check = env["account.dunning.check"]._check_company(company)
                wrong |= check.state == "error"
                print(f"{company.name}: {check.state}")
                for finding in check.finding_ids:
                    print(f"- {finding.severity}: {finding.name}: {finding.text}")
        sys.exit(int(wrong))
