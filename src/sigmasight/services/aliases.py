"""Other names of an instrument, by which files and people call it."""

from datetime import date

from sigmasight.domain.errors import ConflictError, InvalidEntryError
from sigmasight.store.database import Connection
from sigmasight.store.instruments import add_alias, add_unknown, find_instruments


def name_alias(conn: Connection, alias: str, symbol: str, *, valid_from: date, valid_to: date | None) -> None:
    """Let a ticker mean another one's instrument, in files that are imported on some days.

    A ticker that was given up may have become another company's: an alias should end where that begins.

    Args:
        conn: A transaction.
        alias: The other name, canonical.
        symbol: The instrument's own symbol, canonical; added where nobody knows it yet.
        valid_from: First day.
        valid_to: First day on which it no longer holds; None: it holds on.

    Raises:
        InvalidEntryError: If it ends before it begins, or names itself.
        ConflictError: If the alias is an instrument's own symbol.
    """
    if alias == symbol or (valid_to is not None and valid_to <= valid_from):
        raise InvalidEntryError(f"{alias} from {valid_from} to {valid_to} cannot be an alias of {symbol}")
    known = find_instruments(conn, [alias, symbol], valid_from)
    if alias in known and known[alias] != known.get(symbol):
        raise ConflictError(f"{alias} is an instrument of its own here: positions in it stay what they are")
    ids = known if symbol in known else add_unknown(conn, [symbol])
    add_alias(conn, source="user", symbol=alias, instrument_id=ids[symbol], valid_from=valid_from, valid_to=valid_to)
