"""Positions as people ask for them: symbols become instruments, and all that is wrong is said at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sigmasight.domain.errors import EntryIssue, InvalidEntriesError
from sigmasight.intake.cells import FIRST_DATE, Asset, UnreadableCellError, read_asset
from sigmasight.services.ledger import Trade, record_trades
from sigmasight.services.market_frames import Valuation
from sigmasight.services.symbols import find_or_add_assets
from sigmasight.store.database import Connection


@dataclass(frozen=True, slots=True)
class Draft:
    """A position that somebody asks for."""

    symbol: str  # a ticker, or an option by its OCC symbol
    quantity: Decimal
    price: Decimal  # USD per share
    day: date
    tags: tuple[str, ...] = ()
    notes: str = ""


def add_drafts(
    conn: Connection, valuation: Valuation, user_id: UUID, portfolio_id: UUID, drafts: Sequence[Draft], *, today: date
) -> tuple[UUID, ...]:
    """Add positions, all of them or none; a ticker that nobody knows is kept, and has no price until somebody does.

    Returns:
        Their ids in order.

    Raises:
        NotFoundError: If the portfolio is not the user's.
        InvalidEntriesError: If anything is wrong with any of them; it tells all of it.
    """
    read = [_read(at, draft, today) for at, draft in enumerate(drafts)]
    issues = [issue for _, found in read for issue in found]
    if issues:
        wrong = len({issue.index for issue in issues})
        raise InvalidEntriesError(f"{wrong} of {len(drafts)} positions cannot be added, so none was.", issues)
    assets = [asset for asset, _ in read if asset]
    ids = find_or_add_assets(conn, {asset.symbol: asset.option for asset in assets}, today)
    trades = [
        Trade(ids[asset.symbol], draft.quantity, draft.price, draft.day, draft.tags, draft.notes)
        for asset, draft in zip(assets, drafts, strict=True)
    ]
    return record_trades(conn, valuation, user_id, portfolio_id, trades, today=today)


def _read(at: int, draft: Draft, today: date) -> tuple[Asset | None, list[EntryIssue]]:
    """What a draft's symbol means, and everything that is wrong with the draft."""
    try:
        asset, issues = read_asset(draft.symbol, today=today), []
    except UnreadableCellError as error:
        asset, issues = None, [EntryIssue(at, "symbol", draft.symbol, str(error))]
    issues += _issues(at, draft, today, contracts=asset is not None and asset.option is not None)
    return asset, issues


def _issues(at: int, draft: Draft, today: date, *, contracts: bool) -> Iterator[EntryIssue]:
    quantity, price, day = f"{draft.quantity:f}", f"{draft.price:f}", draft.day.isoformat()
    if draft.quantity == 0:
        yield EntryIssue(at, "quantity", quantity, "a quantity of 0 is no position")
    if contracts and draft.quantity != draft.quantity.to_integral_value():
        yield EntryIssue(at, "quantity", quantity, "not a whole number of option contracts")
    if draft.price <= 0:
        yield EntryIssue(at, "entry_price", price, "a price is above 0 (a short position has a negative quantity)")
    if draft.day > today:
        yield EntryIssue(at, "entry_date", day, f"lies in the future; today is {today}")
    elif draft.day < FIRST_DATE:
        yield EntryIssue(at, "entry_date", day, f"lies before {FIRST_DATE}, the earliest date that is taken")
