"""Symbols: tickers as people write them, and OCC option symbols, padded and unpadded."""

import re
from datetime import date
from decimal import Decimal

from sigmasight.domain.errors import InvalidSymbolError
from sigmasight.domain.instruments import OptionTerms, Right

_TICKER = re.compile(r"\^?[A-Z0-9]{1,10}([.\-/][A-Z0-9]{1,4})?", re.ASCII)
_CLASS_SHARE = re.compile(r"^([A-Z]+)[-/]([A-Z])$", re.ASCII)
_ROOT = re.compile(r"[A-Z0-9]{1,6}(\.[A-Z]{1,2})?", re.ASCII)
_OCC = re.compile(r"([A-Z0-9.]{1,6}) *(\d{6})([CP])(\d{8})", re.ASCII)
_RIGHTS = {"C": Right.CALL, "P": Right.PUT}
_CENTURY = 20
_THOUSANDTHS = Decimal(1000)


def normalize_ticker(text: str) -> str:
    """A ticker in capitals without surrounding blanks; a class share is written with a point (BRK.B for BRK-B, BRK/B).

    Raises:
        InvalidSymbolError: If it is no ticker.
    """
    ticker = text.strip().upper()
    if not text.isascii() or not _TICKER.fullmatch(ticker):
        raise InvalidSymbolError(f"{text.strip()[:40]!r} is not a readable ticker")
    return _CLASS_SHARE.sub(r"\1.\2", ticker)


def looks_like_option(text: str) -> bool:
    """Whether a symbol is long enough, and ends as an OCC option symbol does, so that it must be read as one."""
    return re.search(r"\d{6}[A-Z]\d{5,}$", text.strip().upper()) is not None


def parse_occ(text: str) -> OptionTerms:
    """Read an OCC option symbol: root, expiry as YYMMDD, C or P, strike in thousandths of a dollar.

    Raises:
        InvalidSymbolError: If a part is missing, the expiry is no date or the strike is zero.
    """
    symbol = text.strip().upper()
    found = _OCC.fullmatch(symbol)
    if found is None or not text.isascii() or not _ROOT.fullmatch(found[1]):
        raise InvalidSymbolError(
            f"{symbol[:40]!r} is not an OCC option symbol: root, YYMMDD, C or P, strike x 1000 in 8 digits, "
            "as in AAPL250815P00200000"
        )
    root, day, right, strike = found.groups()
    if int(strike) == 0:
        raise InvalidSymbolError(f"{symbol!r} has a strike of zero")
    return OptionTerms(root, _expiry(day, symbol), _RIGHTS[right], Decimal(strike) / _THOUSANDTHS)


def occ_symbol(terms: OptionTerms) -> str:
    """The unpadded OCC symbol of a contract; a class share's point is left out, as in BRKB for BRK.B.

    Raises:
        InvalidSymbolError: If the root is none, the expiry lies in another century, or the strike does not fit into
            whole thousandths and 8 digits.
    """
    if not _ROOT.fullmatch(terms.underlying) or terms.expiry.year // 100 != _CENTURY:
        raise InvalidSymbolError(f"{terms.underlying!r}, {terms.expiry} cannot be written in an OCC symbol")
    thousandths = terms.strike * _THOUSANDTHS
    if thousandths != int(thousandths) or not 0 < thousandths < 10**8:
        raise InvalidSymbolError(f"a strike of {terms.strike} cannot be written in an OCC symbol")
    right = "C" if terms.right is Right.CALL else "P"
    return f"{terms.underlying.replace('.', '')}{terms.expiry:%y%m%d}{right}{int(thousandths):08d}"


def has_occ_symbol(terms: OptionTerms) -> bool:
    """Whether a contract's terms fit into an OCC symbol."""
    try:
        occ_symbol(terms)
    except InvalidSymbolError:
        return False
    return True


def class_share_spellings(ticker: str) -> tuple[str, ...]:
    """The other ways in which files and providers write a class share: BRK-B, BRK/B and BRKB for BRK.B."""
    base, point, share_class = ticker.partition(".")
    return (f"{base}-{share_class}", f"{base}/{share_class}", f"{base}{share_class}") if point else ()


def _expiry(yymmdd: str, symbol: str) -> date:
    try:
        return date(100 * _CENTURY + int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:]))
    except ValueError as error:
        raise InvalidSymbolError(f"{symbol!r}: {yymmdd} is no date (YYMMDD)") from error
