"""Import a file of positions: a preview with every row's verdict, then all of its good rows, or nothing."""

import enum
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sigmasight.domain.books import Portfolio
from sigmasight.domain.errors import ImportRefusedError
from sigmasight.domain.instruments import Kind, OptionTerms
from sigmasight.domain.symbols import occ_symbol
from sigmasight.intake.positions_csv import parse_positions
from sigmasight.intake.verdicts import ParsedPositions, PositionRow, RowVerdict, Verdict, with_warning
from sigmasight.services.market_frames import Valuation
from sigmasight.services.results import renew_results
from sigmasight.store.database import Connection
from sigmasight.store.instruments import add_unknown, find_instruments, load_instruments, save_options
from sigmasight.store.people import ensure_tags, lock_portfolios
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
    parsed = parse_positions(content, today=today, lots=lots)
    lock_portfolios(conn, [portfolio.id])
    known = _find(conn, parsed.positions, today)
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
    conn: Connection, valuation: Valuation, portfolio: Portfolio, preview: Preview, *, today: date, only_good: bool
) -> ImportRecord:
    """Take a previewed file's rows, in the caller's transaction; what the book has already is not added again.

    Args:
        conn: The transaction.
        valuation: For the snapshots that have to be made again.
        portfolio: Where the positions go.
        preview: Made in the same transaction.
        today: The day they are brought in.
        only_good: Take the good rows and leave the others out; otherwise one bad row refuses the file.

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
    _take(conn, valuation, portfolio, preview, record, today)
    return record


def _take(
    conn: Connection, valuation: Valuation, portfolio: Portfolio, preview: Preview, record: ImportRecord, today: date
) -> None:
    taken = [row.verdict.position for row in preview.rows if row.fate is Fate.TAKE and row.verdict.position]
    if not taken:
        return
    ids = _find_or_add(conn, taken, today)
    tag_ids = ensure_tags(conn, portfolio.user_id, list(dict.fromkeys(tag for row in taken for tag in row.tags)))
    import_id = add_import(conn, portfolio, record)
    new = [NewPosition(ids[row.symbol], row.quantity, row.entry_price, row.entry_date, row.tags) for row in taken]
    add_positions(conn, portfolio, new, recorded_on=today, tag_ids=tag_ids, imported=True, import_id=import_id)
    write_audit(
        conn,
        user_id=portfolio.user_id,
        portfolio_id=portfolio.id,
        action="positions imported",
        detail={"file": record.file_name, "sha256": record.sha256, "positions": record.rows_taken},
    )
    renew_results(conn, valuation, portfolio, today)


def _find(conn: Connection, positions: Collection[PositionRow], today: date) -> dict[str, int]:
    """Instruments by the file's symbols, as far as they are known; options also under their underlying's own symbol."""
    known = find_instruments(conn, {row.symbol for row in positions}, today)
    options = {row.symbol: row.option for row in positions if row.option and row.symbol not in known}
    renamed = {symbol: occ_symbol(terms) for symbol, terms in _canonical(conn, options, today).items()}
    found = find_instruments(conn, renamed.values(), today)
    return known | {symbol: found[canonical] for symbol, canonical in renamed.items() if canonical in found}


def _canonical(conn: Connection, options: Mapping[str, OptionTerms], today: date) -> dict[str, OptionTerms]:
    """Terms with the underlying's own symbol where the file uses an alias of it."""
    roots = find_instruments(conn, {terms.underlying for terms in options.values()}, today)
    symbols = {instrument.id: instrument.symbol for instrument in load_instruments(conn, set(roots.values()))}
    return {
        symbol: replace(terms, underlying=symbols.get(roots.get(terms.underlying, -1), terms.underlying))
        for symbol, terms in options.items()
    }


def _find_or_add(conn: Connection, positions: Collection[PositionRow], today: date) -> dict[str, int]:
    known = _find(conn, positions, today)
    missing = [row for row in positions if row.symbol not in known]
    options = _canonical(conn, {row.symbol: row.option for row in missing if row.option}, today)
    added = save_options(conn, set(options.values()), today)
    known |= {symbol: added[terms] for symbol, terms in options.items()}
    return known | add_unknown(conn, {row.symbol for row in missing if row.option is None})


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
