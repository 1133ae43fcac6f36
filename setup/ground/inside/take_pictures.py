"""The part of ``./setup/screenshots`` that happens within Odoo; its order is JSON."""

import json
import sys
from pathlib import Path

from pictures.album import Album
from pictures.stories import tell

from . import server
from .smtp_sink import MailSink


def main(order):
    Path(order["log"]).parent.mkdir(parents=True, exist_ok=True)
    with MailSink(Path(order["mails"])) as sink:
        server.configure(
            order["config"],
            http_port=order["port"],
            smtp_port=sink.port,
            logfile=order["log"],
        )
        running = server.start()
        try:
            take(order)
        finally:
            running.stop()


def take(order):
    address = f"http://127.0.0.1:{order['port']}"
    with server.environment(order["database"]) as env:
        server.set_address(env, address)
        print("==> Telling the stories that the pictures show", flush=True)
        places = tell(env)
        env.cr.commit()  # the pages are requests of other transactions
    with Album(address, places, order["only"]) as album:
        for picture, png in album.take():
            for path in picture.paths(order["checkout"], order["folder"]):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(png)
                print(f"    {path} ({len(png) // 1024} KiB)", flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
