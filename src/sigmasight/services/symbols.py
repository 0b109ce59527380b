"""Find the instruments that people's symbols mean, or add them to the security master so that they can be held."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.symbols import occ_symbol
from sigmasight.store.database import Connection
from sigmasight.store.instruments import add_unknown, find_instruments, load_instruments, save_options

Assets = Mapping[str, OptionTerms | None]
"""What is meant by symbols: terms for an option's, None for a ticker."""


def find_assets(conn: Connection, assets: Assets, today: date) -> dict[str, int]:
    """Instruments by symbol, as far as they are known; options also under their underlying's own symbol."""
    known = find_instruments(conn, assets.keys(), today)
    options = {symbol: terms for symbol, terms in assets.items() if terms and symbol not in known}
    renamed = {symbol: occ_symbol(terms) for symbol, terms in _canonical(conn, options, today).items()}
    found = find_instruments(conn, renamed.values(), today)
    return known | {symbol: found[canonical] for symbol, canonical in renamed.items() if canonical in found}


def find_or_add_assets(conn: Connection, assets: Assets, today: date) -> dict[str, int]:
    """Instruments by symbol; contracts that nobody held yet are listed, tickers that nobody knows are kept as such."""
    known = find_assets(conn, assets, today)
    missing = {symbol: terms for symbol, terms in assets.items() if symbol not in known}
    options = _canonical(conn, {symbol: terms for symbol, terms in missing.items() if terms}, today)
    added = save_options(conn, set(options.values()), today)
    known |= {symbol: added[terms] for symbol, terms in options.items()}
    return known | add_unknown(conn, missing.keys() - options.keys())


def _canonical(conn: Connection, options: Mapping[str, OptionTerms], today: date) -> dict[str, OptionTerms]:
    """Terms with the underlying's own symbol where an alias of it is used."""
    roots = find_instruments(conn, {terms.underlying for terms in options.values()}, today)
    symbols = {instrument.id: instrument.symbol for instrument in load_instruments(conn, set(roots.values()))}
    return {
        symbol: replace(terms, underlying=symbols.get(roots.get(terms.underlying, -1), terms.underlying))
        for symbol, terms in options.items()
    }
