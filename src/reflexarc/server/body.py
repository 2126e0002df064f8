"""The body of a request, taken in piece by piece and never more of it than allowed."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from reflexarc.server.limits import Limits
from reflexarc.server.refusal import Refusal

__all__ = ["media_type", "take_body"]


async def take_body(request: Request, limits: Limits) -> bytes:
    """Return the body.

    Raises:
        Refusal: 400 if it ends early, 408 if it comes too slowly, 413 if it is too large.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > limits.body:
        raise _too_large(limits)
    taken = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            async for piece in request.stream():
                taken += piece
                if len(taken) > limits.body:
                    raise _too_large(limits)
    except TimeoutError:
        message = f"the body took longer than {limits.body_seconds:g} s to arrive"
        raise Refusal(408, message, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise Refusal(400, "the body ended early") from None
    return bytes(taken)


def media_type(request: Request) -> str:
    """Return the media type of the body, in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _too_large(limits: Limits) -> Refusal:
    return Refusal(
        413,
        f"the body is larger than {limits.body:,} bytes",
        headers={"Connection": "close"},
    )
