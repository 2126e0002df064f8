"""The door: who may come in, and what every answer carries."""

import hmac
import logging
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reflexarc.server.refusal import BROKEN, Refusal

__all__ = ["LOOPBACK_NAMES", "Door"]

LOG = logging.getLogger(__name__)
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
API = "/api"
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Headers of every answer that has none of its own of that name."""
READING = ("GET", "HEAD", "OPTIONS")


class Door:
    """An ASGI application in front of the interface and the page.

    Args:
        api: Answers under `/api`, and hears when the server starts and stops.
        page: Answers everything else.
        token: What must stand in `Authorization: Bearer ...` under `/api`; None asks for nothing.
        hosts: Names under which the server may be addressed, so that no foreign name can be made
            to lead here (DNS rebinding); None allows all.
    """

    def __init__(
        self, api: ASGIApp, page: ASGIApp, *, token: str | None, hosts: frozenset[str] | None
    ) -> None:
        self._api = api
        self._page = page
        self._token = None if token is None else token.encode()
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] == "lifespan":
            await self._api(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": _completed(message.get("headers", []))}
            await send(message)

        try:
            inside = self._let_in(scope)
            await inside(scope, receive, answer)
        except Refusal as refusal:
            response = JSONResponse(
                refusal.content(), status_code=refusal.status, headers=refusal.headers
            )
            await response(scope, receive, answer)
        except Exception:
            LOG.exception("%s %s", scope["method"], scope["path"])
            if not begun:
                fault = Refusal(500, BROKEN)
                await JSONResponse(fault.content(), status_code=500)(scope, receive, answer)

    def _let_in(self, scope: Scope) -> ASGIApp:
        headers = _headers(scope)
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            names = ", ".join(sorted(self._hosts))
            raise Refusal(421, f"this server answers to {names} only", field="Host")
        if scope["method"] not in READING and _is_foreign(headers, host):
            raise Refusal(403, "another site's page may not write here", field="Origin")
        path = str(scope["path"])
        if path != API and not path.startswith(f"{API}/"):
            return self._page
        if self._token is not None and not self._is_known(headers.get("authorization", "")):
            raise Refusal(
                401,
                "a token is needed: Authorization: Bearer TOKEN",
                field="Authorization",
                headers={"WWW-Authenticate": "Bearer"},
            )
        return self._api

    def _is_known(self, given: str) -> bool:
        kind, _, token = given.partition(" ")
        expected = self._token or b""
        right = hmac.compare_digest(token.strip().encode("latin-1", "replace"), expected)
        return kind.lower() == "bearer" and right


def _completed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    missing = [
        (key.lower().encode(), value.encode())
        for key, value in ALWAYS.items()
        if key.lower().encode() not in there
    ]
    if b"cache-control" not in there:
        missing.append((b"cache-control", b"no-store"))
    return [*headers, *missing]


def _headers(scope: Scope) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}


def _name(host: str) -> str:
    """Return the name in a Host header, without the port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_foreign(headers: Mapping[str, str], host: str) -> bool:
    """Tell whether a page of another origin has sent this."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != host.lower()
    except ValueError:
        return True
