"""What the vendors' pages say: data of the simulated market in the formats of FMP, Massive and FRED."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from sigmasight.domain.calendar import NEW_YORK
from sigmasight.domain.funds import FundHoldings
from sigmasight.domain.instruments import ExerciseStyle, Kind, OptionTerms
from sigmasight.domain.market_data import Dividend, OptionQuotes
from sigmasight.domain.symbols import occ_symbol, parse_occ
from sigmasight.market.adapters.fmp import spelled
from sigmasight.market.simulated import SimulatedMarket

Query = Mapping[str, str]
Row = dict[str, object]
Rows = list[Row]

_FIRST = date(2020, 1, 1)
_MOST_IN_CALENDAR = 4_000
_REPORTS = (0, 90, 180)  # days ago for which a mutual fund has filed what it held


@dataclass
class VendorPages:
    """Three vendors' documents, below /fmp, /massive and /fred of an address."""

    market: SimulatedMarket
    symbols: tuple[str, ...]
    today: date
    address: str = ""
    page: int = 100  # contracts on one page of a chain
    quoted_at: time = time(16, 0, 1)  # of today, in New York: when batch quotes were traded
    strangers_a_day: int = 0  # rows of other companies in the calendars, each day
    announced: tuple[Dividend, ...] = ()  # after today

    def answer(self, path: str, query: Query) -> object | None:
        """The document of a path; None where there is none."""
        vendor, _, rest = path.strip("/").partition("/")
        return {"fmp": self._fmp, "massive": self._massive, "fred": self._fred}[vendor](rest, query)

    def _fmp(self, path: str, query: Query) -> object | None:
        if path == "batch-quote":
            return [self._quote(symbol) for symbol in self._mine(query["symbols"].split(","))]
        if path.endswith("-calendar"):
            return self._calendar(path.removesuffix("-calendar"), *_span(query, self.today))
        symbols = self._mine([query["symbol"]])
        return self._of_one(path, symbols[0], query) if symbols else []

    def _mine(self, theirs: list[str]) -> list[str]:
        mine = {spelled(symbol): symbol for symbol in self.symbols}
        return [mine[each] for each in theirs if each in mine]

    def _of_one(self, path: str, symbol: str, query: Query) -> object | None:
        first, last = _span(query, self.today)
        match path.split("/"):
            case ["profile"]:
                return [self._profile(symbol)]
            case ["historical-price-eod", page]:
                return self._bars(symbol, first, min(last, self.today), adjusted=page == "dividend-adjusted")
            case ["etf", "holdings"]:
                return self._holdings(symbol)
            case ["funds", "disclosure-dates"]:
                return [_filing(report.as_of) for report in self._reports(symbol)]
            case ["funds", "disclosure"]:
                return self._disclosure(symbol, query)
        return self._actions(path, symbol, first, date.max)

    def _profile(self, symbol: str) -> Row:
        known = self.market.profiles([symbol])[symbol]
        return {
            "symbol": spelled(symbol),
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

    def _bars(self, symbol: str, first: date, last: date, *, adjusted: bool) -> Rows:
        bars = self.market.daily_bars([symbol], first, last)[symbol]
        closes = bars.adjusted_close if adjusted else bars.close
        columns = zip(
            *(each.tolist() for each in (bars.days, bars.open, bars.high, bars.low, closes, bars.volume)), strict=True
        )
        names = ("adjOpen", "adjHigh", "adjLow", "adjClose", "volume")
        return [
            {"symbol": spelled(symbol), "date": str(day), **dict(zip(names, numbers, strict=True))}
            for day, *numbers in columns
        ][::-1]

    def _actions(self, page: str, symbol: str, first: date, last: date) -> Rows:
        """Newest first; what lies ahead is there only where it was announced."""
        theirs, known_to = spelled(symbol), min(last, self.today)
        if page == "splits":
            done = self.market.splits([symbol], first, known_to)
            rows = [(each.ex_date, {"numerator": each.new_shares, "denominator": each.old_shares}) for each in done]
        else:
            paid = [each for each in self.announced if each.symbol == symbol and first <= each.ex_date <= last]
            paid += self.market.dividends([symbol], first, known_to)
            rows = [(each.ex_date, {"dividend": each.amount, "frequency": "Quarterly"}) for each in paid]
        rows.sort(key=lambda row: row[0], reverse=True)
        return [{"symbol": theirs, "date": str(day), **row} for day, row in rows]

    def _calendar(self, page: str, first: date, last: date) -> Rows:
        """All companies' rows; where they are too many, what lies first is missing without a word."""
        rows = [row for symbol in self.symbols for row in self._actions(page, symbol, first, last)]
        needed = min((last - first).days, _MOST_IN_CALENDAR // (self.strangers_a_day or _MOST_IN_CALENDAR)) + 1
        days = [str(last - timedelta(days=n)) for n in range(needed)]
        what = {"dividend": 0.5, "numerator": 2, "denominator": 1}
        rows += [{"symbol": f"Z{n}", "date": day, **what} for day in days for n in range(self.strangers_a_day)]
        rows.sort(key=lambda row: str(row["date"]), reverse=True)
        return rows[:_MOST_IN_CALENDAR]

    def _quote(self, symbol: str) -> Row:
        bars = self.market.daily_bars([symbol], self.today - timedelta(days=10), self.today)[symbol]
        return {
            "symbol": spelled(symbol),
            "name": symbol,
            "price": float(bars.close[-1]),
            "open": float(bars.open[-1]),
            "dayHigh": float(bars.high[-1]),
            "dayLow": float(bars.low[-1]),
            "volume": float(bars.volume[-1]),
            "previousClose": float(bars.close[-2]),
            "timestamp": int(datetime.combine(bars.days[-1].item(), self.quoted_at, NEW_YORK).timestamp()),
        }

    def _holdings(self, symbol: str) -> Rows:
        """ETFs alone have this page."""
        if self.market.profiles([symbol])[symbol].kind is not Kind.ETF:
            return []
        report = self.market.holdings([symbol], self.today)[symbol]
        written_down = f"{report.as_of} 05:06:19"
        return [
            {
                "symbol": spelled(symbol),
                "asset": line.symbol or "",
                "name": line.name,
                "sharesNumber": None,
                "weightPercentage": 100.0 * line.weight,
                "marketValue": None,
                "updatedAt": written_down,
            }
            for line in report.lines
        ]

    def _reports(self, symbol: str) -> list[FundHoldings]:
        days = (self.today - timedelta(days=ago) for ago in _REPORTS)
        found = (self.market.holdings([symbol], day) for day in days)
        return [each[symbol] for each in found if self.market.profiles([symbol])[symbol].kind is Kind.MUTUAL_FUND]

    def _disclosure(self, symbol: str, query: Query) -> Rows:
        asked = (int(query["year"]), int(query["quarter"]))
        return [
            {
                "date": str(report.as_of),
                "symbol": line.symbol or "N/A",
                "name": line.name,
                "balance": None,
                "valUsd": None,
                "pctVal": 100.0 * line.weight,
            }
            for report in self._reports(symbol)
            if (report.as_of.year, _quarter(report.as_of)) == asked
            for line in report.lines
        ]

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
            return self._chain(path.rsplit("/", 1)[1], int(query.get("cursor", "0")))
        _, _, _, ticker, _, _, _, first, last = path.split("/")
        terms = parse_occ(ticker.removeprefix("O:"))
        quoted = self.market.quotes([terms], date.fromisoformat(first), min(date.fromisoformat(last), self.today))
        return {"ticker": ticker, "status": "OK", "results": [bar for quotes in quoted for bar in _bars_of(quotes)]}

    def _chain(self, underlying: str, start: int) -> Row:
        listed = _listed(self.market, underlying.removeprefix("I:"), self.today)
        page: Row = {"status": "OK", "results": listed[start : start + self.page]}
        if start + self.page < len(listed):
            page["next_url"] = f"{self.address}/massive/v3/snapshot/options/{underlying}?cursor={start + self.page}"
        return page


def _span(query: Query, today: date) -> tuple[date, date]:
    return date.fromisoformat(query.get("from", str(_FIRST))), date.fromisoformat(query.get("to", str(today)))


def _quarter(day: date) -> int:
    return (day.month + 2) // 3


def _filing(day: date) -> Row:
    return {"date": str(day), "year": day.year, "quarter": _quarter(day)}


def _bars_of(quotes: OptionQuotes) -> Iterator[Row]:
    for day, last, volume in zip(quotes.days.tolist(), quotes.last.tolist(), quotes.volume.tolist(), strict=True):
        midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)
        yield {"t": int(midnight.timestamp() * 1000), "c": last, "v": volume}


@cache
def _listed(market: SimulatedMarket, underlying: str, day: date) -> Rows:
    """A chain's rows, priced once for all tests of a process."""
    return [_snapshot(each) for each in market.chain(underlying, day)]


def _snapshot(quotes: OptionQuotes) -> Row:
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
