"""The server: its parts put together, and listening."""

import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from reflexarc.errors import InputError
from reflexarc.server.api import make_api
from reflexarc.server.desk import WORKER
from reflexarc.server.door import LOOPBACK_NAMES, Door
from reflexarc.server.limits import Limits
from reflexarc.server.page import Page
from reflexarc.server.shelf import Shelf

__all__ = ["Address", "make_app", "serve"]

SHORTEST_TOKEN = 16
CONNECTIONS = 200
"""Requests under way at a time; those beyond get 503 at once."""
HEADERS = 16_384
"""Bytes of a request's headers."""
FAREWELL = 3
"""Seconds that open requests get when the server is told to stop."""


@dataclass(frozen=True)
class Address:
    """Where a server listens.

    Attributes:
        host: Name or number.
        port: Port; 0 lets the system choose one.
    """

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """Address for a browser."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    def listen(self) -> socket.socket:
        """Return a socket that listens there.

        Raises:
            InputError: There is no such address on this machine, or another program has it.
        """
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # asyncio sends at once only what goes through a socket that says it is TCP; else an answer
        # of two parts waits 40 ms for the other side.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if os.name == "posix":
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((self.host, self.port))
            listening.listen(128)
        except (OSError, OverflowError, UnicodeError) as error:
            listening.close()
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"can't listen at {self.host}, port {self.port}: {reason.lower()}; choose another"
                " with --host or --port"
            ) from None
        return listening


def make_app(
    shelf: Shelf,
    page: ASGIApp,
    *,
    limits: Limits | None = None,
    token: str | None = None,
    hosts: frozenset[str] | None = LOOPBACK_NAMES,
    command: Sequence[str] = WORKER,
) -> Door:
    """Return the whole server as an ASGI application.

    Args:
        shelf: Where jobs are kept.
        page: Answers what is not under `/api`.
        limits: What the server is willing to do.
        token: What must stand in `Authorization: Bearer ...` under `/api`; None asks for nothing.
        hosts: Names under which the server may be addressed; None allows all.
        command: What is run for a job, its folder behind it.
    """
    api = make_api(shelf, limits or Limits(), token=token is not None, command=command)
    return Door(api, page, token=token, hosts=hosts)


def check_token(token: str | None, address: Address) -> None:
    """Refuse to be reachable from other machines without a token that can't be guessed.

    Raises:
        InputError: There is none, it is short, or it can't stand in a header.
    """
    if token is None:
        if not address.is_loopback:
            raise InputError(
                f"{address.host} can be reached from other machines, so a token is needed; give"
                " one with --token or REFLEXARC_TOKEN"
            )
        return
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
        raise InputError(
            f"a token has at least {SHORTEST_TOKEN} letters, digits or signs of ASCII",
            field="--token",
        )
    if " " in token:
        raise InputError("a token has no spaces", field="--token")


def serve(
    address: Address,
    *,
    jobs: Path,
    token: str | None = None,
    limits: Limits | None = None,
    ready: Callable[[Address], None] | None = None,
) -> None:
    """Serve the page and the interface until interrupted.

    Args:
        address: Where to listen.
        jobs: The folder in which jobs are kept.
        token: What must stand in `Authorization: Bearer ...` under `/api`.
        limits: What the server is willing to do.
        ready: Called with the address, its port filled in, once the server answers.

    Raises:
        InputError: It can't listen there, the token is missing or bad, or the folder can't be used.
    """
    import uvicorn

    check_token(token, address)
    shelf = Shelf(jobs)
    with shelf.claimed(), address.listen() as listening:
        here = Address(address.host, listening.getsockname()[1])
        app = make_app(
            shelf,
            Page.write(),
            limits=limits,
            token=token,
            hosts=LOOPBACK_NAMES | {here.host} if here.is_loopback else None,
        )
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="on",
            access_log=False,
            log_level=logging.WARNING,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=FAREWELL,
            h11_max_incomplete_event_size=HEADERS,
        )
        server = uvicorn.Server(config)
        if ready is not None:
            threading.Thread(target=_tell, args=(server, here, ready), daemon=True).start()
        server.run(sockets=[listening])


def _tell(server: object, here: Address, ready: Callable[[Address], None]) -> None:
    """Call `ready` as soon as the server answers."""
    pause = threading.Event()
    while not getattr(server, "started", False):
        if getattr(server, "should_exit", False):
            return
        pause.wait(0.02)
    ready(here)
