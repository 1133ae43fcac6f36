"""Odoo's server with workers, as ``odoo-bin``: ``python -m bench.serve OPTION …``.

Without the process for the bus, to which nobody listens here.
"""

from odoo.cli import main
from odoo.service.server import PreforkServer

if __name__ == "__main__":
    PreforkServer.long_polling_spawn = lambda _server: None
    main()
