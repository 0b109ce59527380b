"""The security master at rest."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import Connection, Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from sigmasight.domain.instruments import (
    STANDARD_CONTRACT,
    ExerciseStyle,
    Instrument,
    Kind,
    OptionTerms,
    Profile,
    Right,
)
from sigmasight.domain.symbols import class_share_spellings, occ_symbol
from sigmasight.store.bulk import add_missing_rows, among, instrument_days
from sigmasight.store.tables import instrument_aliases, instruments

UNEXPLAINED = Kind.UNKNOWN
_parent = instruments.alias("parent")
_listed = (
    select(instruments, _parent.c.symbol.label("underlying_symbol"))
    .outerjoin(_parent, _parent.c.id == instruments.c.underlying_id)
    .order_by(instruments.c.id)
)


def find_instruments(conn: Connection, symbols: Collection[str], on: date) -> dict[str, int]:
    """Ids of the instruments that canonical symbols or aliases mean on a day; unknown symbols are absent."""
    wanted = list(symbols)
    aliases = conn.execute(
        select(instrument_aliases.c.symbol, instrument_aliases.c.instrument_id)
        .where(
            among(instrument_aliases.c.symbol, wanted),
            instrument_aliases.c.valid_from <= on,
            or_(instrument_aliases.c.valid_to.is_(None), instrument_aliases.c.valid_to > on),
        )
        .order_by(instrument_aliases.c.valid_from)
    )
    found = {symbol: instrument_id for symbol, instrument_id in aliases}
    return found | _ids(conn, wanted)


def load_instruments(conn: Connection, ids: Collection[int]) -> tuple[Instrument, ...]:
    """Instruments by id, with the underlyings of options among them added; ascending by id."""
    parents = select(instruments.c.underlying_id).where(among(instruments.c.id, ids))
    wanted = or_(among(instruments.c.id, ids), instruments.c.id.in_(parents))
    return tuple(_instrument(row) for row in conn.execute(_listed.where(wanted)))


def contracts_of_expiries(conn: Connection, pairs: Collection[tuple[int, date]]) -> tuple[Instrument, ...]:
    """All option contracts of some pairs of underlying and expiry, without the underlyings; ascending by id."""
    wanted = instrument_days(set(pairs))
    both = and_(instruments.c.underlying_id == wanted.c.instrument_id, instruments.c.expiry == wanted.c.day)
    return tuple(_instrument(row) for row in conn.execute(_listed.join(wanted, both)))


def add_unknown(conn: Connection, symbols: Collection[str]) -> dict[str, int]:
    """Add symbols that nobody has explained yet, so that positions in them can be kept."""
    rows = ((symbol, UNEXPLAINED.value, symbol) for symbol in sorted(symbols))
    add_missing_rows(conn, instruments, ("symbol", "kind", "name"), rows)
    return _ids(conn, symbols)


def save_profiles(conn: Connection, profiles: Mapping[str, Profile], source: str) -> None:
    """Add what a provider knows of symbols, or explain those that stand there unexplained."""
    if not profiles:
        return
    rows = [{**_profile_columns(profile), "source": source} for profile in profiles.values()]
    arriving = upsert(instruments)
    replaced = {name: arriving.excluded[name] for name in rows[0] if name != "symbol"}
    conn.execute(
        arriving.on_conflict_do_update(
            index_elements=["symbol"], set_=replaced, where=instruments.c.kind == UNEXPLAINED
        ),
        rows,
    )
    symbols = [profile.symbol for profile in profiles.values()]
    _add_spellings(conn, symbols)
    _align_options(conn, symbols)


def save_options(conn: Connection, contracts: Collection[OptionTerms], as_of: date) -> dict[OptionTerms, int]:
    """Add option contracts as they are listed on a day; returns all their ids.

    Exercise style and multiplier are those of the options listed on the underlying. A contract on an underlying that
    nobody has explained yet is American on ``STANDARD_CONTRACT`` shares.
    """
    if not contracts:
        return {}
    symbols = {contract: occ_symbol(contract) for contract in contracts}
    known = _ids(conn, symbols.values())
    missing = [contract for contract, symbol in symbols.items() if symbol not in known]
    if missing:
        conn.execute(upsert(instruments).on_conflict_do_nothing(), _contract_rows(conn, missing, as_of))
        known = _ids(conn, symbols.values())
    return {contract: known[symbol] for contract, symbol in symbols.items()}


def unexplained(conn: Connection, ids: Collection[int]) -> tuple[str, ...]:
    """Symbols, among some instruments, that no provider has explained yet."""
    rows = conn.execute(
        select(instruments.c.symbol)
        .where(among(instruments.c.id, ids), instruments.c.kind == UNEXPLAINED)
        .order_by(instruments.c.symbol)
    )
    return tuple(rows.scalars())


def add_alias(
    conn: Connection,
    *,
    source: str,
    symbol: str,
    instrument_id: int,
    valid_from: date,
    valid_to: date | None = None,
) -> None:
    """Let a source's symbol mean an instrument from a day on, up to the day before another one, if one is given.

    An alias of that source, symbol and first day that is there already stays as it is.
    """
    values = {"source": source, "symbol": symbol, "valid_from": valid_from, "instrument_id": instrument_id}
    conn.execute(upsert(instrument_aliases).values({**values, "valid_to": valid_to}).on_conflict_do_nothing())


def sectors(conn: Connection, ids: Sequence[int]) -> dict[int, str | None]:
    """The sector of instruments; of options, their underlying's."""
    rows = conn.execute(
        select(instruments.c.id, func.coalesce(_parent.c.sector, instruments.c.sector))
        .outerjoin(_parent, and_(_parent.c.id == instruments.c.underlying_id))
        .where(among(instruments.c.id, ids))
    )
    return {instrument_id: sector for instrument_id, sector in rows}


def _align_options(conn: Connection, symbols: Collection[str]) -> None:
    """Give contracts that were there before their underlying was explained its options' style and multiplier."""
    conn.execute(
        update(instruments)
        .where(
            instruments.c.underlying_id == _parent.c.id,
            among(_parent.c.symbol, symbols),
            _parent.c.option_exercise.is_not(None),
        )
        .values(exercise_style=_parent.c.option_exercise, multiplier=_parent.c.option_multiplier)
    )


def _add_spellings(conn: Connection, symbols: Collection[str]) -> None:
    spellings = {spelling: symbol for symbol in symbols for spelling in class_share_spellings(symbol)}
    ids = _ids(conn, spellings.values())
    for spelling, symbol in spellings.items():
        add_alias(conn, source="spelling", symbol=spelling, instrument_id=ids[symbol], valid_from=date.min)


def _contract_rows(conn: Connection, contracts: Collection[OptionTerms], as_of: date) -> list[dict[str, object]]:
    roots = {contract.underlying for contract in contracts}
    parents = find_instruments(conn, roots, as_of)
    parents |= add_unknown(conn, roots - parents.keys())
    manners = _listing_manners(conn, parents.values())
    return [
        {
            "symbol": occ_symbol(contract),
            "kind": Kind.OPTION,
            "name": _contract_name(contract),
            "underlying_id": (parent := parents[contract.underlying]),
            "option_right": contract.right,
            "strike": contract.strike,
            "expiry": contract.expiry,
            "exercise_style": manners[parent][0],
            "multiplier": manners[parent][1],
            "terms_as_of": as_of,
        }
        for contract in sorted(contracts, key=occ_symbol)
    ]


def _ids(conn: Connection, symbols: Collection[str]) -> dict[str, int]:
    rows = conn.execute(select(instruments.c.symbol, instruments.c.id).where(among(instruments.c.symbol, symbols)))
    return {symbol: instrument_id for symbol, instrument_id in rows}


def _listing_manners(conn: Connection, ids: Collection[int]) -> dict[int, tuple[str, Decimal]]:
    rows = conn.execute(
        select(instruments.c.id, instruments.c.option_exercise, instruments.c.option_multiplier).where(
            among(instruments.c.id, ids)
        )
    )
    return {
        row.id: (row.option_exercise or ExerciseStyle.AMERICAN, row.option_multiplier or STANDARD_CONTRACT)
        for row in rows
    }


def _contract_name(contract: OptionTerms) -> str:
    return f"{contract.underlying} {contract.expiry:%d %b %Y} {contract.strike.normalize():f} {contract.right}"


def _profile_columns(profile: Profile) -> dict[str, object]:
    return {
        "symbol": profile.symbol,
        "kind": profile.kind,
        "name": profile.name,
        "sector": profile.sector,
        "industry": profile.industry,
        "exchange": profile.exchange,
        "country": profile.country,
        "currency": profile.currency,
        "market_cap": profile.market_cap,
        "dividend_yield": profile.dividend_yield,
        "option_exercise": profile.option_exercise,
        "option_multiplier": profile.option_multiplier if profile.option_exercise else None,
    }


def _instrument(row: Row[tuple[object, ...]]) -> Instrument:
    option = None
    if row.kind == Kind.OPTION:
        option = OptionTerms(row.underlying_symbol, row.expiry, Right(row.option_right), row.strike)
    return Instrument(
        id=row.id,
        symbol=row.symbol,
        kind=Kind(row.kind),
        name=row.name,
        sector=row.sector,
        industry=row.industry,
        currency=row.currency,
        multiplier=row.multiplier,
        underlying_id=row.underlying_id,
        option=option,
        exercise=ExerciseStyle(row.exercise_style) if row.exercise_style else None,
        terms_as_of=row.terms_as_of,
        dividend_yield=row.dividend_yield,
    )
