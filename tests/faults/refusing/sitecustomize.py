"""First on the path of a process that is watched: what leaves the machine is noted and refused.

Python imports a module of this name when it starts. The attempts go, one a line, into the file
that WATCHED_ATTEMPTS names. With WATCHED_PLANT=1 each process makes one, to see that it is caught.
"""

import contextlib
import ctypes
import os
import socket
import sys

_LOOPBACK = ("127.", "::1", "localhost")


def _note(what: str) -> None:
    with open(os.environ["WATCHED_ATTEMPTS"], "a", encoding="utf-8") as file:
        file.write(f"{sys.argv[:3]} {what}\n")


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if not isinstance(address, tuple) or str(address[0]).startswith(_LOOPBACK):
            return
        where = str(address)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        if arguments[0] is None or str(arguments[0]).startswith((*_LOOPBACK, "0.0.0.0")):
            return
        where = str(arguments[0])
    else:
        return
    _note(f"{event} {where}")
    raise ConnectionRefusedError(f"{event} {where}: refused by the test")


if "WATCHED_ATTEMPTS" in os.environ:
    sys.addaudithook(_hook)
    if os.environ.get("WATCHED_PLANT") == "1":
        with contextlib.suppress(OSError):
            socket.create_connection(("192.0.2.1", 443), timeout=1)
        # As a library of C would: past Python's own sockets.
        libc = ctypes.CDLL(None)
        number = libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0)
        libc.connect(number, b"\x02\x00\x01\xbb\xc0\x00\x02\x01" + bytes(8), 16)
        libc.close(number)
