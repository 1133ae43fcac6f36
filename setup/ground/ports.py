"""Free network ports of this machine."""

import socket

from .say import Problem


def next_free(first, tried=200):
    """The first port from ``first`` on that nobody listens on."""
    for port in range(first, min(first + tried, 65535)):
        if is_free(port):
            return port
    raise Problem(
        f"None of the ports from {first} to {first + tried} is free.",
        ["set DUNNING_PORT to another one"],
    )


def is_free(port):
    with socket.socket() as probe:
        # Like the server: a port whose connections are just closing is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
