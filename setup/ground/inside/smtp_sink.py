"""A real SMTP server that keeps what it is given as files and sends nothing on."""

import logging
import socket
import time
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller

# aiosmtpd tells of every connection; Odoo's logging would show it.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class MailSink:
    """Takes every mail and writes it to ``folder`` as one .eml file.

    :param Path folder: made when it is not there.
    :param int port: 0 takes a free one; ``port`` tells which after ``start``.
    """

    def __init__(self, folder, port=0):
        self.folder = Path(folder)
        self.port = port
        self._controller = None
        self._count = 0

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.port or _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()
        return self

    def stop(self):
        self._controller.stop()

    __enter__ = start

    def __exit__(self, *_exception):
        self.stop()

    @property
    def paths(self):
        return sorted(self.folder.glob("*.eml"))

    @property
    def messages(self):
        """The mails as ``email.message.EmailMessage``, oldest first."""
        return [
            message_from_bytes(path.read_bytes(), policy=policy.default)
            for path in self.paths
        ]

    async def handle_DATA(self, _server, _session, envelope):
        self._count += 1
        stamp = time.strftime("%Y%m%d-%H%M%S")
        receiver = _as_file_name(envelope.rcpt_tos[0])
        path = self.folder / f"{stamp}-{self._count:05d}-{receiver}.eml"
        head = f"X-RcptTo: {', '.join(envelope.rcpt_tos)}\r\n".encode()
        path.with_suffix(".part").write_bytes(head + envelope.original_content)
        path.with_suffix(".part").rename(path)
        return "250 Kept"


def _free_port():
    # aiosmtpd calls itself on the port it was given, so that 0 will not do.
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _as_file_name(text):
    return "".join(
        letter if letter.isalnum() or letter in "@.-_" else "_" for letter in text
    )
