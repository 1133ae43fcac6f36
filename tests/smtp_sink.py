"""A real SMTP server for tests: Odoo delivers to it as it would to a provider.

Functions take the fixture ``smtp_sink``; test cases of Odoo, which take no fixtures,
inherit :class:`SmtpSinkCase` besides their own base class.
"""

import shutil
import tempfile
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from ground.inside.smtp_sink import MailSink


@pytest.fixture
def smtp_sink(tmp_path):
    """A running server; ``messages`` are the mails it took, parsed, oldest first."""
    with MailSink(tmp_path / "mails") as sink:
        yield sink


class SmtpSinkCase:
    """Mixin for Odoo's test cases: ``with self.smtp_sink() as sink: …``."""

    @contextmanager
    def smtp_sink(self):
        """Send this test's mails for real, to a server that keeps them.

        Odoo sends nothing while it is tested, and a database may name a server of
        its own: both are set aside, for as long as the block lasts. The mails can
        be read until the test ends.
        """
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        with MailSink(folder) as sink:
            servers = self.env["ir.mail_server"].sudo()
            servers.search([]).active = False
            server = servers.create(
                {
                    "name": "Sink",
                    "smtp_host": "127.0.0.1",
                    "smtp_port": sink.port,
                    "smtp_encryption": "none",
                    "sequence": 0,
                }
            )
            with patch.object(type(servers), "_disable_send", return_value=False):
                yield sink
            server.active = False
