"""A person looks at what was kept aside, and lets in what is right after all."""

from datetime import date

from sigmasight.domain.errors import InvalidEntryError, NotFoundError
from sigmasight.domain.market_data import Market
from sigmasight.store.asked import forget_asked
from sigmasight.store.database import Connection
from sigmasight.store.instruments import find_instruments
from sigmasight.store.quarantine import confirm_jump, is_refused


def confirm_close(conn: Connection, market: Market, symbol: str, day: date, why: str) -> None:
    """Confirm that a close which jumped without a split is right; the next night or backfill asks for it again.

    Raises:
        InvalidEntryError: If no reason is given.
        NotFoundError: If there is no such symbol, or no close of that day was kept aside.
    """
    if not why.strip():
        raise InvalidEntryError("say why the close is right: it is kept with the confirmation")
    known = find_instruments(conn, [symbol], day)
    if symbol not in known or not is_refused(conn, market, symbol, day):
        raise NotFoundError(f"no close of {symbol} on {day} was kept aside in the {market} market")
    confirm_jump(conn, market, known[symbol], day, why.strip())
    forget_asked(conn, market, "prices", [symbol])
