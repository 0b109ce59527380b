"""Answers that did not change are not sent again: `ETag` on what is read, and 304 for who has it already."""

from collections.abc import Iterable
from hashlib import blake2b
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_JSON = "application/json"
_DIGEST_BYTES = 16


class EntityTags:
    """Tags JSON that is read whole with a hash of it; what is streamed goes through as it is."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "GET":
            send = _Tagging(send, _tags(Headers(scope=scope).getlist("if-none-match")))
        await self._app(scope, receive, send)


class _Tagging:
    """Sends one answer on; holds its head back until the body is there."""

    def __init__(self, send: Send, known: frozenset[str]) -> None:
        self._send = send
        self._known = known
        self._head: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_tagged(message):
            self._head = message
            return
        if self._head is not None:
            head, self._head = self._head, None
            if not message.get("more_body"):
                message = self._judge(head, message)
            await self._send(head)
        await self._send(message)

    def _judge(self, head: Message, body: Message) -> Message:
        """Tag the head, and leave the body away where the caller has it."""
        tag = f'"{blake2b(body.get("body", b""), digest_size=_DIGEST_BYTES).hexdigest()}"'
        headers = MutableHeaders(raw=head["headers"])
        headers["ETag"] = tag
        headers["Cache-Control"] = "private, no-cache"
        if not self._known & {tag, "*"}:
            return body
        head["status"] = HTTPStatus.NOT_MODIFIED
        del headers["content-length"], headers["content-type"]
        head["headers"] = headers.raw
        return {**body, "body": b""}


def _is_tagged(head: Message) -> bool:
    """Whether it is JSON that was read, and has no tag of its own, as a portfolio's version is."""
    headers = Headers(raw=head["headers"])
    kind = headers.get("content-type", "").partition(";")[0]
    return head["status"] == HTTPStatus.OK and kind == _JSON and "etag" not in headers


def _tags(lines: Iterable[str]) -> frozenset[str]:
    """Tags that the caller has; a weak one is compared as any other."""
    return frozenset(each.strip().removeprefix("W/") for line in lines for each in line.split(","))
