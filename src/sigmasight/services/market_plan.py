"""What a night needs of the market, minus what was asked already: the requests to send."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sigmasight.domain.calendar import TradingCalendar
from sigmasight.domain.instruments import Instrument, Kind, OptionTerms, Right
from sigmasight.domain.market_data import TREASURY_SERIES, Market
from sigmasight.market.gaps import Gap, Range, find_gaps
from sigmasight.market.requests import (
    ActionRequest,
    ChainRequest,
    HoldingsRequest,
    PriceRequest,
    ProfileRequest,
    QuoteRequest,
    RateRequest,
    Request,
)
from sigmasight.risk.factor_facts import WINDOW_SESSIONS
from sigmasight.store.asked import asked
from sigmasight.store.database import Connection
from sigmasight.store.funds import funds_among
from sigmasight.store.instruments import add_unknown, find_instruments, load_instruments, save_options, unexplained
from sigmasight.store.people import first_unfinished
from sigmasight.store.positions import first_held, open_on
from sigmasight.store.prices import count_marks, load_splits, never_priced
from sigmasight.store.reference import proxies_between
from sigmasight.store.snapshots import last_snapshot

SYMBOLS_PER_REQUEST = 100
"""Of one request, which is saved whole: what a crash may lose of what was fetched."""

TAIL_SESSIONS = 5
"""What lacks a price on one of so many last sessions is asked again: data come late."""

ACTION_TAIL_SESSIONS = 10
"""Dividends and splits of so many last sessions are asked again every night: vendors publish some of them late."""

ANNOUNCED_AHEAD = timedelta(days=90)
"""How far ahead dividends are asked for: options are priced on what is announced."""

HOLDINGS_KEPT = timedelta(days=28)
"""How old an answer on what a fund holds may be before it is asked again: most funds report once a month or quarter."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Universe:
    """What a night looks at in one market."""

    market: Market
    as_of: date
    calendar: TradingCalendar
    instruments: tuple[Instrument, ...]  # held, their underlyings, proxies of the window, twins of held options
    held_since: Mapping[int, date]  # of the options: the day from which quotes are wanted
    known_on: date  # its day, or that of the last night that was run, where it is an older one's that is run again

    @property
    def ids(self) -> dict[str, int]:
        """Instruments by symbol."""
        return {instrument.symbol: instrument.id for instrument in self.instruments}

    @property
    def priced(self) -> list[Instrument]:
        """All that has a price of its own and is no option."""
        return [instrument for instrument in self.instruments if instrument.kind is not Kind.OPTION]

    @property
    def contracts(self) -> list[Instrument]:
        """The options."""
        return [instrument for instrument in self.instruments if instrument.kind is Kind.OPTION]

    @property
    def day_before(self) -> date:
        """The session before its day."""
        return self.calendar.sessions_back(self.as_of, 1)

    def last_sessions(self, count: int) -> tuple[date, ...]:
        """The last sessions up to its day."""
        return self.calendar.sessions_between(self.calendar.sessions_back(self.as_of, count - 1), self.as_of)


def find_universe(conn: Connection, market: Market, calendar: TradingCalendar, as_of: date) -> Universe:
    """Find what a night looks at: all that its portfolios held since their last snapshots, which it stands on.

    Proxies and twins of held options are added to the security master where they miss.
    """
    since_day = first_unfinished(conn, market, as_of) or as_of
    since = first_held(conn, market, first=since_day, last=as_of)
    held = [i for i in load_instruments(conn, since) if i.option is None or i.option.expiry >= since_day]
    twins = _add_twins(conn, held, as_of)
    proxies = proxies_between(conn, calendar.sessions_back(as_of, WINDOW_SESSIONS + 1), as_of)
    known = find_instruments(conn, proxies, as_of)
    known |= add_unknown(conn, set(proxies) - known.keys())
    instruments = load_instruments(conn, {*(instrument.id for instrument in held), *twins, *known.values()})
    contracts = {i.id for i in instruments if i.kind is Kind.OPTION}
    wanted_from = dict(since)
    for twin, original in twins.items():
        wanted_from[twin] = min(since[original], since.get(twin, as_of))
    quoted = {i: day for i, day in wanted_from.items() if i in contracts}
    known_on = max(as_of, last_snapshot(conn, market) or as_of)
    return Universe(market, as_of, calendar, instruments, quoted, known_on)


def needing_prices(conn: Connection, universe: Universe) -> frozenset[int]:
    """What is held at the universe's day and valued at a price of its own: an option at or after its expiry is not."""
    live = {i.id for i in universe.contracts if i.option and i.option.expiry > universe.as_of}
    live |= {instrument.id for instrument in universe.priced}
    return open_on(conn, universe.market, universe.as_of) & live


def is_asked(conn: Connection, universe: Universe) -> bool:
    """Whether everything that the universe looks at was asked for up to its day, so that a sync of it is done."""
    prices = asked(conn, universe.market, "prices")
    quotes = asked(conn, universe.market, "option_quotes")
    live = (i for i in universe.contracts if i.option and i.option.expiry >= universe.as_of)
    spans = [prices.get(i.symbol) for i in universe.priced] + [quotes.get(i.symbol) for i in live]
    return all(span is not None and span[1] >= universe.as_of for span in spans)


def plan_reference(conn: Connection, universe: Universe, *, history_sessions: int) -> tuple[Request, ...]:
    """Plan what has to be known before prices are asked: profiles, dividends and splits."""
    window = _window(universe, history_sessions)
    ahead = universe.as_of + ANNOUNCED_AHEAD if universe.market is Market.LIVE else None  # the simulated tells none
    actions = (ActionRequest(gap.symbols, (gap.first, gap.last), ahead) for gap in _actions(conn, universe, window))
    return (*_profiles(conn, universe), *actions)


def plan_prices(
    conn: Connection, universe: Universe, *, history_sessions: int, with_chains: bool
) -> tuple[Request, ...]:
    """Plan prices, yields, funds' holdings and chains, in the order in which to ask them, and quotes of days gone by.

    Chains are asked only where ``with_chains`` says that the night's session is the last completed one: no provider
    lists the chain of a day gone by. They have bid and ask of that day, so what else it takes is planned after them, by
    ``plan_quotes``.
    """
    window = _window(universe, history_sessions)
    return (
        *(PriceRequest(gap.symbols, (gap.first, gap.last)) for gap in _prices(conn, universe, window)),
        *_rates(conn, universe, window),
        *_holdings(conn, universe),
        *_quotes(conn, universe, universe.last_sessions(TAIL_SESSIONS)[: -1 if with_chains else None]),
        *(_chains(conn, universe) if with_chains else ()),
    )


def plan_quotes(conn: Connection, universe: Universe) -> tuple[Request, ...]:
    """Plan the option quotes of the universe's day that are still missing once the chains are there."""
    return tuple(_quotes(conn, universe, (universe.as_of,)))


def find_symbols(
    conn: Connection, market: Market, calendar: TradingCalendar, as_of: date, symbols: Collection[str]
) -> Universe:
    """A universe of named symbols, whether anybody holds them or not; unknown ones are added to the security master."""
    known = find_instruments(conn, symbols, as_of)
    known |= add_unknown(conn, set(symbols) - known.keys())
    instruments = load_instruments(conn, set(known.values()))
    known_on = max(as_of, last_snapshot(conn, market) or as_of)
    return Universe(market, as_of, calendar, instruments, {}, known_on)


def plan_backfill(conn: Connection, universe: Universe, days: Range) -> tuple[Request, ...]:
    """Plan what was never asked of some days: profiles, dividends and splits, then prices, and yields.

    What was asked is not asked again, so that a backfill which ended in the middle goes on where it was.
    """
    wanted = {instrument.symbol: days for instrument in universe.priced}
    actions = _in_batches(find_gaps(wanted, asked(conn, universe.market, "actions")))
    prices = _in_batches(find_gaps(wanted, asked(conn, universe.market, "prices")))
    rates = find_gaps(dict.fromkeys(TREASURY_SERIES, days), asked(conn, universe.market, "rates"))
    return (
        *_profiles(conn, universe),
        *(ActionRequest(gap.symbols, (gap.first, gap.last)) for gap in actions),
        *(PriceRequest(gap.symbols, (gap.first, gap.last)) for gap in prices),
        *(RateRequest(gap.symbols, (gap.first, gap.last)) for gap in rates),
    )


def _window(universe: Universe, history_sessions: int) -> Range:
    return universe.calendar.sessions_back(universe.as_of, history_sessions - 1), universe.as_of


def _profiles(conn: Connection, universe: Universe) -> Iterable[Request]:
    symbols = unexplained(conn, [instrument.id for instrument in universe.priced])
    today = (universe.as_of, universe.as_of)
    gaps = find_gaps(dict.fromkeys(symbols, today), asked(conn, universe.market, "profile"))
    return [ProfileRequest(gap.symbols) for gap in _in_batches(gaps) if gap.last == universe.as_of]


def _actions(conn: Connection, universe: Universe, window: Range) -> Iterable[Gap]:
    wanted = {instrument.symbol: window for instrument in universe.priced}
    tail = universe.last_sessions(ACTION_TAIL_SESSIONS)
    known = _reopened(asked(conn, universe.market, "actions"), wanted, tail[0])
    return _in_batches(find_gaps(wanted, known))


def _prices(conn: Connection, universe: Universe, window: Range) -> Iterable[Gap]:
    ids = {instrument.id: instrument.symbol for instrument in universe.priced}
    tail = universe.last_sessions(TAIL_SESSIONS)
    known = asked(conn, universe.market, "prices")
    before, today = (count_marks(conn, universe.market, ids, days) for days in (tail[:-1], tail[-1:]))
    lacking = {instrument_id for instrument_id in ids if before.get(instrument_id, 0) < len(tail) - 1}
    lacking |= {i for i, symbol in ids.items() if i not in today and symbol in known and known[symbol][1] >= tail[-1]}
    lacking -= never_priced(conn, universe.market, lacking, universe.as_of)
    gaps = find_gaps(dict.fromkeys(ids.values(), window), _reopened(known, [ids[i] for i in lacking], tail[0]))
    return _in_batches(_from_session(universe.calendar, gap) for gap in gaps)


def _from_session(calendar: TradingCalendar, gap: Gap) -> Gap:
    """A gap without the days before its first session: after a weekend one session is asked for, not three days."""
    sessions = calendar.sessions_between(gap.first, gap.last)
    return Gap(gap.symbols, sessions[0], gap.last) if sessions else gap


def _holdings(conn: Connection, universe: Universe) -> Iterable[Request]:
    """What funds hold that are held, or that held options are written on; also what was asked in vain is kept."""
    held = open_on(conn, universe.market, universe.as_of)
    known = asked(conn, universe.market, "holdings")
    due = [
        fund
        for fund in sorted(funds_among(conn, held).values())
        if fund not in known or known[fund][1] + HOLDINGS_KEPT <= universe.as_of
    ]
    batches = (due[at : at + SYMBOLS_PER_REQUEST] for at in range(0, len(due), SYMBOLS_PER_REQUEST))
    return [HoldingsRequest(tuple(batch), universe.as_of) for batch in batches]


def _rates(conn: Connection, universe: Universe, window: Range) -> Iterable[Request]:
    """Yields of a day are published the day after, so the last ones are always asked again."""
    tail = universe.last_sessions(TAIL_SESSIONS)
    known = _reopened(asked(conn, universe.market, "rates"), TREASURY_SERIES, tail[0])
    gaps = find_gaps(dict.fromkeys(TREASURY_SERIES, window), known)
    return [RateRequest(gap.symbols, (gap.first, gap.last)) for gap in gaps]


def _quotes(conn: Connection, universe: Universe, tail: Sequence[date]) -> Iterable[Request]:
    """Quotes up to the last session of a tail, of which those that are not there are asked again."""
    terms = _terms_in_force(conn, universe)
    wanted = {}
    for contract in universe.contracts:
        since = universe.held_since.get(contract.id)
        last = min(tail[-1], contract.option.expiry) if contract.option else tail[-1]
        if since is not None and since <= last and contract.symbol in terms:
            wanted[contract.symbol] = (since, last)
    found = count_marks(conn, universe.market, [universe.ids[symbol] for symbol in wanted], tail)
    lacking = [
        symbol
        for symbol, (since, last) in wanted.items()
        if found.get(universe.ids[symbol], 0) < sum(since <= session <= last for session in tail)
    ]
    for gap in find_gaps(wanted, _reopened(asked(conn, universe.market, "option_quotes"), lacking, tail[0])):
        yield QuoteRequest({symbol: terms[symbol] for symbol in gap.symbols}, (gap.first, gap.last))


def _chains(conn: Connection, universe: Universe) -> Iterable[Request]:
    today = (universe.as_of, universe.as_of)
    roots = {contract.option.underlying for contract in universe.contracts if contract.option}
    gaps = find_gaps(dict.fromkeys(sorted(roots), today), asked(conn, universe.market, "chain"))
    return [ChainRequest(symbol, gap.last) for gap in gaps if gap.last == universe.as_of for symbol in gap.symbols]


def _reopened(known: Mapping[str, Range], subjects: Iterable[str], tail: date) -> dict[str, Range | None]:
    """What was asked, without the tail of some subjects, which is to be asked again."""
    reopened: dict[str, Range | None] = dict(known)
    for subject in subjects:
        span = known.get(subject)
        if span is not None and span[1] >= tail:
            reopened[subject] = (span[0], tail - _DAY) if span[0] < tail else None
    return reopened


def _in_batches(gaps: Iterable[Gap]) -> Iterable[Gap]:
    for gap in gaps:
        for at in range(0, len(gap.symbols), SYMBOLS_PER_REQUEST):
            yield Gap(gap.symbols[at : at + SYMBOLS_PER_REQUEST], gap.first, gap.last)


def _add_twins(conn: Connection, held: Iterable[Instrument], as_of: date) -> dict[int, int]:
    """The other right of each held strike and expiry, listed like it, by id, with the held one: parity needs both."""
    twins: dict[int, int] = {}
    listed: dict[date, dict[OptionTerms, int]] = {}
    for instrument in held:
        if instrument.option:
            basis = instrument.terms_as_of or as_of
            listed.setdefault(basis, {})[_twin(instrument.option)] = instrument.id
    for basis, originals in listed.items():
        twins |= {twin: originals[terms] for terms, twin in save_options(conn, originals, basis).items()}
    return twins


def _twin(terms: OptionTerms) -> OptionTerms:
    other = Right.PUT if terms.right is Right.CALL else Right.CALL
    return OptionTerms(terms.underlying, terms.expiry, other, terms.strike)


def _terms_in_force(conn: Connection, universe: Universe) -> dict[str, OptionTerms]:
    """Terms by symbol after the splits since they were listed; a contract that a split made odd has none."""
    splits = load_splits(conn, universe.market, [instrument.id for instrument in universe.priced], universe.as_of)
    rows = list(zip(splits.instrument_id.tolist(), splits.ex_date.tolist(), splits.ratio.tolist(), strict=True))
    found = {}
    for contract in universe.contracts:
        terms, basis = contract.option, contract.terms_as_of
        if terms is None or basis is None:
            continue
        ratios = [ratio for parent, ex_date, ratio in rows if parent == contract.underlying_id and ex_date > basis]
        if all(ratio.is_integer() for ratio in ratios):
            found[contract.symbol] = _after_splits(terms, ratios)
    return found


def _after_splits(terms: OptionTerms, ratios: Collection[float]) -> OptionTerms:
    strike = terms.strike
    for ratio in ratios:
        strike /= Decimal(int(ratio))
    return OptionTerms(terms.underlying, terms.expiry, terms.right, strike)
