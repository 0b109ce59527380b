"""Import a file of positions: a preview with every row's verdict, then all of its good rows, or nothing."""

import enum
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import ImportRefusedError
from sigmasight.domain.instruments import Kind
from sigmasight.intake.positions_csv import parse_positions
from sigmasight.intake.verdicts import ParsedPositions, PositionRow, RowVerdict, Verdict, with_warning
from sigmasight.services.market_frames import Valuation
from sigmasight.services.results import renew_results
from sigmasight.services.symbols import Assets, find_assets, find_or_add_assets
from sigmasight.store.database import Connection
from sigmasight.store.instruments import load_instruments
from sigmasight.store.people import ensure_tags, lock_portfolios, raise_version
from sigmasight.store.positions import ImportRecord, NewPosition, add_import, add_positions, known_lots
from sigmasight.store.reference import write_audit

Lot = tuple[int, Decimal, Decimal, date]


class Fate(enum.StrEnum):
    """What a commit does with a row."""

    TAKE = "take"
    KNOWN = "known"  # the book has it from an earlier import
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row's verdict, and what a commit would do with it."""

    verdict: RowVerdict
    fate: Fate


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file is and what a commit would do; nothing is saved."""

    file_name: str
    sha256: str
    parsed: ParsedPositions
    rows: tuple[PreviewRow, ...]

    def count(self, fate: Fate) -> int:
        """How many rows have a fate."""
        return sum(row.fate is fate for row in self.rows)


def preview_import(
    conn: Connection, portfolio: Portfolio, *, file_name: str, content: bytes, today: date, lots: bool = False
) -> Preview:
    """Judge a file against the security master and the book, which stays as it is until the transaction ends.

    Raises:
        ImportRefusedError: If the file as a whole cannot be read.
    """
    lock_portfolios(conn, [portfolio.id])
    return judge_file(conn, portfolio, file_name=file_name, content=content, today=today, lots=lots)


def judge_file(
    conn: Connection, portfolio: Portfolio, *, file_name: str, content: bytes, today: date, lots: bool = False
) -> Preview:
    """Judge a file against the security master and the book as they are at this moment, for somebody to look at.

    Raises:
        ImportRefusedError: If the file as a whole cannot be read.
    """
    parsed = parse_positions(content, today=today, lots=lots)
    known = find_assets(conn, _assets(parsed.positions), today)
    unexplained = {i.symbol for i in load_instruments(conn, set(known.values())) if i.kind is Kind.UNKNOWN}
    rows = tuple(_warn_unknown(row, known, unexplained) for row in parsed.rows)
    left = Counter(known_lots(conn, portfolio.id))
    return Preview(
        file_name=file_name,
        sha256=hashlib.sha256(content).hexdigest(),
        parsed=replace(parsed, rows=rows),
        rows=tuple(PreviewRow(row, _fate(row, known, left)) for row in rows),
    )


def commit_import(
    conn: Connection,
    valuation: Valuation,
    portfolio: Portfolio,
    preview: Preview,
    *,
    today: date,
    only_good: bool,
    import_id: UUID | None = None,
) -> ImportRecord:
    """Take a previewed file's rows, in the caller's transaction; what the book has already is not added again.

    Args:
        conn: The transaction.
        valuation: For the snapshots that have to be made again.
        portfolio: Where the positions go.
        preview: Made in the same transaction.
        today: The day they are brought in.
        only_good: Take the good rows and leave the others out; otherwise one bad row refuses the file.
        import_id: Under which the import is written down, also when the book had every row already.

    Raises:
        ImportRefusedError: If a row is bad and ``only_good`` is not set, or no row is good.
    """
    record = ImportRecord(
        file_name=preview.file_name,
        sha256=preview.sha256,
        rows_read=len(preview.rows),
        rows_taken=preview.count(Fate.TAKE),
        rows_known=preview.count(Fate.KNOWN),
        rows_refused=preview.count(Fate.REFUSE),
    )
    if record.rows_refused and not only_good:
        raise ImportRefusedError(
            f"{record.rows_refused} of {record.rows_read} rows have errors, so nothing was imported. "
            "Correct them, or ask for the good rows only."
        )
    if record.rows_refused == record.rows_read:
        raise ImportRefusedError("No row of the file can be imported.")
    if record.rows_taken or import_id:
        _take(conn, valuation, portfolio, preview, record, today, add_import(conn, portfolio, record, import_id))
    return record


def _take(
    conn: Connection,
    valuation: Valuation,
    portfolio: Portfolio,
    preview: Preview,
    record: ImportRecord,
    today: date,
    import_id: UUID,
) -> None:
    taken = [row.verdict.position for row in preview.rows if row.fate is Fate.TAKE and row.verdict.position]
    if not taken:
        return
    ids = find_or_add_assets(conn, _assets(taken), today)
    tag_ids = ensure_tags(conn, portfolio.user_id, list(dict.fromkeys(tag for row in taken for tag in row.tags)))
    new = [NewPosition(ids[row.symbol], row.quantity, row.entry_price, row.entry_date, row.tags) for row in taken]
    add_positions(conn, portfolio, new, recorded_on=today, tag_ids=tag_ids, imported=True, import_id=import_id)
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action="positions imported",
        detail={"file": record.file_name, "sha256": record.sha256, "positions": record.rows_taken},
    )
    raise_version(conn, portfolio.id)
    renew_results(conn, valuation, portfolio, today)


def _assets(positions: Iterable[PositionRow]) -> Assets:
    return {row.symbol: row.option for row in positions}


def _warn_unknown(row: RowVerdict, known: Mapping[str, int], unexplained: Collection[str]) -> RowVerdict:
    position = row.position
    if position is None or (position.symbol in known and position.symbol not in unexplained):
        return row
    message = "unknown here: the position is kept, and has no price until a provider knows the symbol"
    return with_warning(row, column="ticker", value=position.symbol, message=message)


def _fate(row: RowVerdict, known: Mapping[str, int], left: Counter[Lot]) -> Fate:
    if row.verdict is Verdict.ERROR or row.position is None:
        return Fate.REFUSE
    position = row.position
    if position.symbol in known:
        lot = (known[position.symbol], position.quantity, position.entry_price, position.entry_date)
        if left[lot] > 0:
            left[lot] -= 1
            return Fate.KNOWN
    return Fate.TAKE
