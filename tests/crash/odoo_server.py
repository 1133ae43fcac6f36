"""Starts Odoo as its own ``odoo-bin`` does.

A server with workers starts the file it was started from again, for the websockets;
``odoo/__main__.py``, which ``python -m odoo`` leaves there, does not run as a file, and
would be tried again many times a second.
"""

from odoo.cli.command import main

if __name__ == "__main__":
    main()
