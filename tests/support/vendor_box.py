"""A vendor in a box: a server on loopback that speaks the vendors' formats with data of a market, and misbehaves."""

import contextlib
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np

from support.vendor_pages import Query, Row, Rows, VendorPages

KEY = "a-key-that-no-message-may-show"
_KEYS = ("apikey", "api_key")


class Fault(StrEnum):
    """What the box can do instead of answering well."""

    TOO_MANY = auto()
    TOO_MANY_WAIT = auto()  # with Retry-After
    SERVER_ERROR = auto()
    BAD_GATEWAY = auto()
    HANG = auto()
    DRIP = auto()
    RESET = auto()
    TRUNCATED = auto()
    HTML = auto()
    ERROR_MESSAGE = auto()  # a refusal in words, with status 200, that tells the key
    WRONG_SYMBOL = auto()  # of pages about many symbols and of chains: rows of others among the right ones
    NOT_IN_PLAN = auto()
    REVOKED = auto()
    REPEATS = auto()  # a chain's page leads to itself; other pages are as they are
    DOUBLED = auto()  # every row twice, and in no order: no fault that an adapter may fall over
    NULLS = auto()  # of three prices one is null and one NaN: kept away at the door


MENDED_BY_RETRY = (
    *(Fault.TOO_MANY, Fault.TOO_MANY_WAIT, Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.HANG, Fault.DRIP),
    *(Fault.RESET, Fault.TRUNCATED, Fault.HTML),
)
OF_ONE_CALL = (*MENDED_BY_RETRY, Fault.ERROR_MESSAGE, Fault.WRONG_SYMBOL, Fault.REPEATS, Fault.DOUBLED, Fault.NULLS)
"""All but those that say something of the account."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, without its key."""

    vendor: str
    path: str
    query: str
    moment: float  # on the monotonic clock

    @property
    def subject(self) -> str:
        """What is asked for."""
        return f"{self.path}?{self.query}"


def no_fault(_: Call) -> Fault | None:
    """Always the right answer."""
    return None


@dataclass
class VendorBox(VendorPages):
    """Three vendors at one address, with what they were asked, and what goes wrong."""

    next_fault: Callable[[Call], Fault | None] = no_fault
    log: list[Call] = field(default_factory=list)
    told: list[tuple[Call, Fault]] = field(default_factory=list)  # the calls that were answered wrongly
    wait_seconds: str = "1"  # that a vendor asks to wait
    hang_seconds: float = 2.0
    body: bytes | None = None  # of every answer, whatever was asked

    @property
    def calls(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(call.path for call in self.log)

    @property
    def asked(self) -> Counter[str]:
        """How often each document was asked for."""
        return Counter(call.subject for call in self.log)

    @property
    def moments(self) -> list[float]:
        """When calls came."""
        return [call.moment for call in self.log]

    def misbehave(self, *faults: Fault) -> None:
        """Answer the next calls so, one after the other, then well."""
        waiting = list(faults)
        self.next_fault = lambda _: waiting.pop(0) if waiting else None

    def always(self, fault: Fault) -> None:
        """Answer every call so."""
        self.next_fault = lambda _: fault

    def stubborn(self, fault: Fault, every: int) -> None:
        """Answer so whenever some documents are asked for: every so many-th that is asked for the first time."""
        known: dict[str, int] = {}
        self.next_fault = lambda call: None if (known.setdefault(call.subject, len(known)) + 1) % every else fault

    def at_random(self, share: float, seed: int, faults: Sequence[Fault] = OF_ONE_CALL) -> None:
        """Answer a share of the calls so, drawn anew for each call."""
        drawn = random.Random(seed)  # noqa: S311 - no secret
        self.next_fault = lambda _: drawn.choice(faults) if drawn.random() < share else None

    def excess(self, vendor: str, capacity: float, per_second: float) -> float:
        """By how many calls a vendor's limit was exceeded in the worst stretch of time that begins with a call.

        That first call may have been sent before the stretch and is not counted.
        """
        moments = np.array([call.moment for call in self.log if call.vendor == vendor])
        after = np.arange(len(moments))
        level = after - per_second * moments  # grows where calls come faster than they may
        return float(np.max(level - np.minimum.accumulate(level), initial=0.0) - capacity)


class _Handler(BaseHTTPRequestHandler):
    """Answers for the box of its server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_GET(self) -> None:
        box, url = self.server.box, urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        keys = {query.pop(name, "") for name in _KEYS} | {self.headers.get("Authorization", "").removeprefix("Bearer ")}
        call = Call(url.path.split("/")[1], url.path, urlencode(sorted(query.items())), time.monotonic())
        fault = box.next_fault(call) if KEY in keys else Fault.REVOKED
        box.log.append(call)
        if fault is not None:
            box.told.append((call, fault))
        self._answer(call, fault, query)

    def _answer(self, call: Call, fault: Fault | None, query: Query) -> None:
        box = self.server.box
        if fault in _REFUSALS:
            wait = box.wait_seconds if fault is Fault.TOO_MANY_WAIT else None
            self._send(*_REFUSALS[fault], wait=wait)
        elif fault in _BY_VENDOR:
            self._send(*_BY_VENDOR[fault][call.vendor])
        elif fault is Fault.HANG:
            time.sleep(box.hang_seconds)
            self.close_connection = True
        elif fault is Fault.DRIP:
            self._drip()
        elif fault is Fault.RESET:
            self._reset()
        else:
            document = _spoiled(box.answer(call.path, query), fault, call, box.address)
            body = json.dumps(document).encode() if box.body is None else box.body
            self._send(200, body, cut=fault is Fault.TRUNCATED)

    def _send(self, status: int, body: bytes, wait: str | None = None, *, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if wait:
            self.send_header("Retry-After", wait)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked has had enough
            for _ in range(20):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for each in (self.wfile, self.rfile, self.connection):
            each.close()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, box: VendorBox) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.box = box

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


_REFUSALS: dict[Fault | None, tuple[int, bytes]] = {
    Fault.TOO_MANY: (429, b"{}"),
    Fault.TOO_MANY_WAIT: (429, b"{}"),
    Fault.SERVER_ERROR: (500, b"oops"),
    Fault.BAD_GATEWAY: (502, b"<html>bad gateway</html>"),
    Fault.HTML: (200, b"<html>we are down for maintenance</html>"),
}


_ASKS_FOR_KEY = "Bad Request.  The value for variable api_key is not registered."
_BY_VENDOR: dict[Fault | None, dict[str, tuple[int, bytes]]] = {
    Fault.REVOKED: {
        "fmp": (401, json.dumps({"Error Message": "Invalid API KEY."}).encode()),
        "massive": (401, json.dumps({"status": "ERROR", "error": "Unknown API Key"}).encode()),
        "fred": (400, json.dumps({"error_code": 400, "error_message": _ASKS_FOR_KEY}).encode()),
    },
    Fault.NOT_IN_PLAN: {
        "fmp": (402, b"Restricted Endpoint: this endpoint is not available under your current subscription"),
        "massive": (403, json.dumps({"status": "NOT_AUTHORIZED", "message": "You are not entitled"}).encode()),
        "fred": (403, b"forbidden"),
    },
    Fault.ERROR_MESSAGE: {
        "fmp": (200, json.dumps({"Error Message": f"Limit Reach for {KEY} . Please upgrade your plan"}).encode()),
        "massive": (200, json.dumps({"status": "ERROR", "error": f"You've exceeded the limits of {KEY}"}).encode()),
        "fred": (200, json.dumps({"error_code": 429, "error_message": f"Exceeded Rate Limit of {KEY}"}).encode()),
    },
}


@contextlib.contextmanager
def opened_box(box: VendorBox) -> Iterator[VendorBox]:
    """Let a box answer on loopback while the context lasts."""
    server = _Server(box)
    box.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_PRICES = frozenset({"adjClose", "price", "dividend", "weightPercentage", "pctVal", "c", "value"})
_OF_MANY = ("/fmp/batch-quote", "/fmp/dividends-calendar", "/fmp/splits-calendar")


def _spoiled(document: object, fault: Fault | None, call: Call, address: str) -> object:
    """A well-formed answer that is wrong in itself."""
    if isinstance(document, list):
        return _spoiled_rows(document, fault, call)
    if not isinstance(document, dict):
        return document
    if fault is Fault.REPEATS and "/snapshot/" in call.path:
        return {**document, "next_url": f"{address}{call.subject}"}
    if fault is Fault.WRONG_SYMBOL and "ticker" in document:
        return {**document, "ticker": "O:OTHER261218C00100000"}
    rows = {name: _spoiled_rows(part, fault, call) for name, part in document.items() if isinstance(part, list)}
    return {**document, **rows}


def _spoiled_rows(rows: Rows, fault: Fault | None, call: Call) -> Rows:
    if fault is Fault.WRONG_SYMBOL:
        return [each for row in rows for each in _with_stranger(row, call)]
    if fault is Fault.DOUBLED:
        return [*rows[::2], *rows, *rows[1::2]]
    if fault is Fault.NULLS:
        return [
            row if at % 3 == 2 else _without_price(row, (None, float("nan"))[at % 3]) for at, row in enumerate(rows)
        ]
    return rows


def _with_stranger(row: Row, call: Call) -> Rows:
    """A row of another symbol in place of one, or beside it where a page is about many."""
    if isinstance(details := row.get("details"), dict):
        other = {**details, "ticker": "O:OTHER261218C00100000"}
        return [row, {**row, "details": other, "last_quote": {"bid": 9_000.0, "ask": 9_001.0}}]
    if call.path in _OF_MANY:
        return [row, {**row, "symbol": "OTHER"}]
    tells = "symbol" in row and call.path != "/fmp/funds/disclosure"  # which names what the fund holds
    return [{**row, "symbol": "OTHER"} if tells else row]


def _without_price(row: Row, price: float | None) -> Row:
    if "details" in row:
        return {**row, "last_quote": {"bid": price, "ask": price}, "last_trade": {"price": price}, "day": {}}
    return {name: price if name in _PRICES else value for name, value in row.items()}
