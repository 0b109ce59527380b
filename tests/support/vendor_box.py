"""A vendor in a box: a server on loopback that speaks the vendors' formats with data of a market, and misbehaves."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from sigmasight.domain.calendar import NEW_YORK
from sigmasight.domain.instruments import ExerciseStyle, Kind, OptionTerms
from sigmasight.domain.market_data import OptionQuotes
from sigmasight.domain.symbols import occ_symbol, parse_occ
from sigmasight.market.adapters.fmp import spelled
from sigmasight.market.simulated import SimulatedMarket

KEY = "a-key-that-no-message-may-show"
Query = Mapping[str, str]
Rows = list[dict[str, object]]


class Fault(StrEnum):
    """What the box can do instead of answering."""

    TOO_MANY = auto()
    TOO_MANY_WAIT = auto()  # with Retry-After
    SERVER_ERROR = auto()
    BAD_GATEWAY = auto()
    HANG = auto()
    DRIP = auto()
    RESET = auto()
    TRUNCATED = auto()
    HTML = auto()
    WRONG_SYMBOL = auto()
    REVOKED = auto()
    DOUBLED = auto()  # every row twice, and in no order: no fault that an adapter may fall over
    NULLS = auto()  # prices that are null or NaN: kept away at the door


MENDED_BY_RETRY = (
    *(Fault.TOO_MANY, Fault.TOO_MANY_WAIT, Fault.SERVER_ERROR, Fault.BAD_GATEWAY, Fault.HANG, Fault.DRIP),
    *(Fault.RESET, Fault.TRUNCATED, Fault.HTML),
)


@dataclass
class VendorBox:
    """Three vendors at one address, below /fmp, /massive and /fred."""

    market: SimulatedMarket
    symbols: tuple[str, ...]
    today: date
    next_fault: Callable[[str], Fault | None] = lambda _: None
    calls: Counter[str] = field(default_factory=Counter)
    moments: list[float] = field(default_factory=list)
    address: str = ""
    page: int = 100

    def misbehave(self, *faults: Fault) -> None:
        """Answer the next calls so, one after the other, then well."""
        waiting = list(faults)
        self.next_fault = lambda _: waiting.pop(0) if waiting else None

    def always(self, fault: Fault) -> None:
        """Answer every call so."""
        self.next_fault = lambda _: fault

    def answer(self, path: str, query: Query) -> object | None:
        """The document of a path; None where there is none."""
        vendor, _, rest = path.strip("/").partition("/")
        return {"fmp": self._fmp, "massive": self._massive, "fred": self._fred}[vendor](rest, query)

    def _fmp(self, path: str, query: Query) -> object | None:
        mine = {spelled(symbol): symbol for symbol in self.symbols}
        symbol, theirs = mine.get(query["symbol"]), query["symbol"]
        if symbol is None:
            return []
        first, last = (date.fromisoformat(query.get(each, "2020-01-01")) for each in ("from", "to"))
        last = last if "to" in query else self.today
        if path == "profile":
            return [self._profile(symbol, theirs)]
        if path.startswith("historical-price-eod"):
            return self._bars(symbol, theirs, first, min(last, self.today), adjusted=path.endswith("dividend-adjusted"))
        if path == "dividends":
            paid = self.market.dividends([symbol], first, last)
            return [{"symbol": theirs, "date": str(each.ex_date), "dividend": each.amount} for each in paid][::-1]
        done = self.market.splits([symbol], first, last)
        return [
            {"symbol": theirs, "date": str(s.ex_date), "numerator": s.new_shares, "denominator": s.old_shares}
            for s in done
        ][::-1]

    def _profile(self, symbol: str, theirs: str) -> dict[str, object]:
        known = self.market.profiles([symbol])[symbol]
        return {
            "symbol": theirs,
            "companyName": known.name,
            "sector": known.sector or "",
            "industry": known.industry or "",
            "currency": "USD",
            "exchange": known.exchange,
            "country": "US",
            "marketCap": known.market_cap,
            "isEtf": known.kind is Kind.ETF,
            "isFund": known.kind is Kind.MUTUAL_FUND,
        }

    def _bars(self, symbol: str, theirs: str, first: date, last: date, *, adjusted: bool) -> Rows:
        bars = self.market.daily_bars([symbol], first, last)[symbol]
        closes = bars.adjusted_close if adjusted else bars.close
        columns = zip(
            *(each.tolist() for each in (bars.days, bars.open, bars.high, bars.low, closes, bars.volume)), strict=True
        )
        names = ("adjOpen", "adjHigh", "adjLow", "adjClose", "volume")
        return [
            {"symbol": theirs, "date": str(day), **dict(zip(names, numbers, strict=True))} for day, *numbers in columns
        ][::-1]

    def _fred(self, path: str, query: Query) -> object | None:
        assert path == "series/observations"
        assert query["file_type"] == "json"
        first, last = (date.fromisoformat(query[each]) for each in ("observation_start", "observation_end"))
        found = self.market.yields([query["series_id"]], first, min(last, self.today))[query["series_id"]]
        told = dict(zip(found.days.tolist(), found.values.tolist(), strict=True))
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        values = {day: f"{100 * told[day]:.2f}" if day in told else "." for day in days if day.weekday() < 5}
        return {"observations": [{"date": str(day), "value": value} for day, value in values.items()]}

    def _massive(self, path: str, query: Query) -> object | None:
        if path.startswith("v3/snapshot/options/"):
            return self._chain(path.rsplit("/", 1)[1].removeprefix("I:"), int(query.get("cursor", "0")))
        _, _, _, ticker, _, _, _, first, last = path.split("/")
        terms = parse_occ(ticker.removeprefix("O:"))
        quoted = self.market.quotes([terms], date.fromisoformat(first), min(date.fromisoformat(last), self.today))
        return {"status": "OK", "results": [bar for quotes in quoted for bar in _bars_of(quotes)]}

    def _chain(self, underlying: str, start: int) -> dict[str, object]:
        listed = self.market.chain(underlying, self.today)
        page = {"status": "OK", "results": [_snapshot(each) for each in listed[start : start + self.page]]}
        if start + self.page < len(listed):
            page["next_url"] = f"{self.address}/massive/v3/snapshot/options/{underlying}?cursor={start + self.page}"
        return page


class _Handler(BaseHTTPRequestHandler):
    """Answers for the box of its server."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_GET(self) -> None:
        box, url = self.server.box, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        box.calls[url.path] += 1
        box.moments.append(time.monotonic())
        fault = box.next_fault(url.path)
        keys = (
            query.get("apikey"),
            query.get("api_key"),
            self.headers.get("Authorization", "").removeprefix("Bearer "),
        )
        if fault is Fault.REVOKED or KEY not in keys:
            self._send(401, b'{"error": "no such key"}')
        else:
            self._answer(fault, box.answer(url.path, query))

    def _answer(self, fault: Fault | None, document: object) -> None:
        body = json.dumps(_spoiled(document, fault)).encode()
        if fault in _REFUSALS:
            self._send(*_REFUSALS[fault])
        elif fault is Fault.HANG:
            time.sleep(2.0)
            self.close_connection = True
        elif fault is Fault.DRIP:
            self._drip()
        elif fault is Fault.RESET:
            self.connection.close()
        else:
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

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, box: VendorBox) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.box = box

    def handle_error(self, *_: object) -> None:
        """A client that went away is no news."""


_REFUSALS: dict[Fault | None, tuple[int, bytes, str | None]] = {
    Fault.TOO_MANY: (429, b"{}", None),
    Fault.TOO_MANY_WAIT: (429, b"{}", "1"),
    Fault.SERVER_ERROR: (500, b"oops", None),
    Fault.BAD_GATEWAY: (502, b"<html>bad gateway</html>", None),
    Fault.HTML: (200, b"<html>we are down for maintenance</html>", None),
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


def _spoiled(document: object, fault: Fault | None) -> object:
    """A well-formed answer that is wrong in itself."""
    rows = document
    if not isinstance(rows, list) or not rows:
        return document
    if fault is Fault.WRONG_SYMBOL:
        return [{**row, "symbol": "OTHER"} for row in rows]
    if fault is Fault.DOUBLED:
        return [*rows[::2], *rows, *rows[1::2]]
    if fault is Fault.NULLS:
        return [{**row, "adjClose": None if at % 2 else float("nan")} for at, row in enumerate(rows)]
    return document


def _bars_of(quotes: OptionQuotes) -> Rows:
    rows: Rows = []
    for day, last, volume in zip(quotes.days.tolist(), quotes.last.tolist(), quotes.volume.tolist(), strict=True):
        midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)
        rows.append({"t": int(midnight.timestamp() * 1000), "c": last, "v": volume})
    return rows


def _snapshot(quotes: OptionQuotes) -> dict[str, object]:
    terms: OptionTerms = quotes.terms
    european = terms.underlying == "VIX"
    return {
        "details": {
            "ticker": f"O:{occ_symbol(terms)}",
            "contract_type": terms.right.value,
            "exercise_style": (ExerciseStyle.EUROPEAN if european else ExerciseStyle.AMERICAN).value,
            "expiration_date": str(terms.expiry),
            "shares_per_contract": 100,
            "strike_price": float(terms.strike),
        },
        "last_quote": {"bid": float(quotes.bid[0]), "ask": float(quotes.ask[0])},
        "last_trade": {"price": float(quotes.last[0])},
        "day": {"close": float(quotes.last[0]), "volume": float(quotes.volume[0])},
        "open_interest": float(quotes.open_interest[0]),
    }
