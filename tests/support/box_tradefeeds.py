"""TradeFeeds in a box: a market's prices and holdings in the formats that its users' programs read."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from urllib.parse import parse_qs, urlsplit

from sigmasight.domain.funds import FundHoldings
from sigmasight.market.simulated import SimulatedMarket

KEY = "a-key-that-no-message-may-show"
OK: Mapping[str, object] = {"code": 200, "message": "OK", "details": ""}
Query = Mapping[str, str]

_LONGEST = timedelta(days=487)  # 16 months
_LOST = timedelta(days=31)  # at the end of a range
_SPELLINGS: tuple[Callable[[date], str], ...] = (
    lambda day: f"{day:%Y:%m:%d}",
    lambda day: day.isoformat(),
    lambda day: f"{day}T00:00:00.000Z",
)


@dataclass
class TradeFeedsBox:
    """One vendor, below /tradefeeds."""

    market: SimulatedMarket
    symbols: tuple[str, ...]
    today: date
    status: Mapping[str, object] = field(default_factory=lambda: OK)
    has_tickers: bool = True  # in the lines of reports
    calls: list[tuple[str, Query]] = field(default_factory=list)
    http_status: int = 200
    address: str = ""

    def answer(self, path: str, query: Query) -> object | None:
        """The document of a path; None where there is none."""
        page = path.removeprefix("/tradefeeds/")
        self.calls.append((page, query))
        if query["ticker"] not in self.symbols:
            return {"status": self.status, "result": None}
        first, last = (date.fromisoformat(query[each]) for each in ("date_from", "date_to"))
        pages = {"historical_ohlcv": self._bars, "etf_holdings": self._reports}
        output = pages[page](query["ticker"], first, last)
        return {"status": self.status, "result": {"basics": {}, "output": output}}

    def _bars(self, symbol: str, first: date, last: date) -> object:
        """Newest first, days in all spellings."""
        if last - first > _LONGEST:
            return []
        bars = self.market.daily_bars([symbol], first, min(last - _LOST, self.today))[symbol]
        columns = (bars.close, bars.open, bars.adjusted_close, bars.high, bars.volume, bars.low)
        names = ("close", "open", "adjustclose", "high", "volume", "low")
        rows = zip(bars.days.tolist(), cycle(_SPELLINGS), *(each.tolist() for each in columns), strict=False)
        told = [{"date": spelled(day), **dict(zip(names, _written(row), strict=True))} for day, spelled, *row in rows]
        return {"daily_stock_data": told[::-1]}

    def _reports(self, fund: str, first: date, last: date) -> object:
        """What a fund filed for the ends of quarters, in no order."""
        ends = (date(year, month, 1) for year in range(first.year, last.year + 1) for month in (1, 4, 7, 10))
        reports = [self.market.holdings([fund], end)[fund] for end in ends]
        return [self._filing(each) for each in reports if first <= each.as_of <= last][::-1]

    def _filing(self, report: FundHoldings) -> dict[str, object]:
        lines = [
            {
                "name": line.name,
                "title": f"{line.name} common",
                "isin": f"US{at:010}",
                "balance": "1,234.5",
                "valUSD": 2_000_000,
                "pctVal": f"{100 * line.weight!r}",
                **({"ticker": line.symbol or "N/A"} if self.has_tickers else {}),
            }
            for at, line in enumerate(report.lines)
        ]
        attributes = {"seriesName": report.fund, "seriesId": None, "repPdDate": report.as_of.isoformat()}
        return {"attributes": attributes, "signature": {}, "invstOrSecs": [{"invstOrSec": line} for line in lines]}


class _Handler(BaseHTTPRequestHandler):
    """Answers for the box of its server."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        known = query.pop("key", None) == KEY
        document = self.server.box.answer(url.path, query) if known else None
        body = json.dumps(document).encode()
        self.send_response(401 if not known else 404 if document is None else self.server.box.http_status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, box: TradeFeedsBox) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.box = box


@contextlib.contextmanager
def opened_tradefeeds(box: TradeFeedsBox) -> Iterator[TradeFeedsBox]:
    """Let a box answer on loopback while the context lasts."""
    server = _Server(box)
    box.address = f"http://127.0.0.1:{server.server_port}/tradefeeds"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _written(row: list[float]) -> list[object]:
    """Numbers as text with commas between thousands; every other one as a number."""
    return [number if at % 2 else f"{number:,}" for at, number in enumerate(row)]
