"""Runs Odoo: its configuration, its environment, its commands."""

import os

from . import files, processes

CONFIGURATION = """\
[options]
addons_path = {addons_path}
data_dir = {data_dir}
db_host = {host}
{port}db_user = {user}
{password}db_name = {database}
dbfilter = ^{database}$
list_db = False
http_interface = 127.0.0.1
http_port = {http_port}
gevent_port = {gevent_port}
max_cron_threads = 1
# No mail leaves this machine: port 1 answers nobody until a local sink is set.
smtp_server = 127.0.0.1
smtp_port = 1
"""


class Odoo:
    """Odoo on one server: configuration files, and programs that use them."""

    def __init__(self, settings, source, env, wkhtmltopdf, server):
        self.settings = settings
        self.source = source
        self.env = env
        self.wkhtmltopdf = wkhtmltopdf
        self.server = server

    @property
    def data_dir(self):
        return self.settings.state / "odoo"

    def configure(self, database, http_port=8069):
        """Path of a configuration file for one database."""
        path = self.settings.state / "conf" / f"{database}.conf"
        connection = dict(self.server.connection)
        if connection["password"]:
            connection["password"] = f"db_password = {connection['password']}\n"
        if connection["port"]:
            connection["port"] = f"db_port = {connection['port']}\n"
        addons = [*self.source.addons_path(), self.settings.checkout]
        text = CONFIGURATION.format(
            addons_path=",".join(map(str, addons)),
            data_dir=self.data_dir,
            database=database,
            http_port=http_port,
            gevent_port=http_port + 1,
            **connection,
        )
        files.write_whole(path, text, mode=0o600)
        return path

    def environ(self):
        """For a program that imports Odoo or talks to its database."""
        path = [str(self.wkhtmltopdf.folder), str(self.env.folder / "bin")]
        if self.server.programs:
            path.append(str(self.server.programs))
        connection = self.server.connection
        environ = {
            **os.environ,
            "PATH": os.pathsep.join([*path, os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join(
                [str(self.source.root), str(self.settings.checkout / "setup")]
            ),
            "PYTHONUNBUFFERED": "1",
            "LC_ALL": "C.UTF-8",
            "PGHOST": connection["host"],
            "PGPORT": connection["port"],
            "PGUSER": connection["user"],
        }
        if connection["password"]:
            environ["PGPASSWORD"] = connection["password"]
        return environ

    def command(self, *arguments):
        return [str(self.env.python), *map(str, arguments)]

    def install(self, database, modules, *, demo=False, languages=(), title=None):
        """Installs modules into a database, which it makes when it is not there."""
        arguments = [
            *(
                "-m",
                "odoo",
                "--config",
                self.configure(database),
                "--database",
                database,
            ),
            *("--init", ",".join(modules), "--skip-auto-install", "--stop-after-init"),
            *("--max-cron-threads", "0", "--no-http"),
        ]
        if demo:
            arguments.append("--with-demo")
        if languages:
            arguments.append(f"--load-language={','.join(languages)}")
        log = self.settings.logs / f"install-{database}.log"
        files.remove(log)
        processes.run_long(
            self.command(*arguments),
            title or f"Installing {', '.join(modules)}",
            log,
            progress=processes.odoo_progress,
            env=self.environ(),
            cwd=self.settings.checkout,
        )
        return log

    def call(self, arguments, **options):
        """Runs a Python program within Odoo's environment, on our own terminal."""
        environ = {**self.environ(), **options.pop("extra_environ", {})}
        return processes.run_attached(
            self.command(*arguments), cwd=self.settings.checkout, env=environ, **options
        )
