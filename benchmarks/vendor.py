"""A vendor on loopback that has ten thousand symbols: `python -m benchmarks.vendor` prints its address and answers.

It speaks Financial Modeling Prep's and FRED's formats as far as a backfill asks for them, and what a large fund holds,
with closes that are a walk of each symbol's own.
"""

import json
import sys
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np

from sigmasight.market.exchange import build_nyse_calendar

FUND_LINES = 17_000
"""What a broad bond fund reports."""

_SESSIONS = build_nyse_calendar(date(2024, 1, 1), date(2027, 12, 31)).sessions


def answer(path: str, query: dict[str, str]) -> bytes:
    """The document of a page."""
    if path.endswith("series/observations"):
        days = _between(query["observation_start"], query["observation_end"])
        return json.dumps({"observations": [{"date": day, "value": "4.25"} for day in days]}).encode()
    symbol = query["symbol"]
    if "historical-price-eod" in path:
        return _bars(symbol, _between(query["from"], query["to"]))
    if path.endswith("etf/holdings"):
        return json.dumps([_line(symbol, at) for at in range(FUND_LINES)]).encode()
    if path.endswith("profile"):
        return json.dumps([{"symbol": symbol, "companyName": symbol, "currency": "USD", "sector": "Energy"}]).encode()
    return b"[]"


def _line(fund: str, at: int) -> dict[str, object]:
    return {
        "symbol": fund,
        "asset": f"H{at:05d}",
        "name": f"Holding {at}",
        "sharesNumber": 1000 + at,
        "weightPercentage": 100.0 / FUND_LINES,
        "marketValue": 1e6,
        "updatedAt": "2026-11-16 05:06:19",
    }


def _between(first: str, last: str) -> list[str]:
    return [str(day) for day in _SESSIONS if first <= str(day) <= last]


def _bars(symbol: str, days: list[str]) -> bytes:
    steps = np.random.default_rng(int(symbol[1:])).normal(0.0, 0.01, len(days))
    closes = np.round(100.0 * np.exp(np.cumsum(steps)), 2).tolist()
    rows = (
        f'{{"symbol":"{symbol}","date":"{day}","adjOpen":{close},"adjHigh":{close},"adjLow":{close},"adjClose":{close},'
        f'"volume":1000000}}'
        for day, close in zip(reversed(days), reversed(closes), strict=True)
    )
    return f"[{','.join(rows)}]".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        body = answer(url.path, {name: values[0] for name, values in parse_qs(url.query).items()})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
