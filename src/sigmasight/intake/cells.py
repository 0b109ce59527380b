"""What a single cell says: a symbol, a number, a date, tags."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from sigmasight.domain.errors import InvalidSymbolError, SigmaSightError
from sigmasight.domain.instruments import OptionTerms
from sigmasight.domain.symbols import looks_like_option, normalize_ticker, occ_symbol, parse_occ
from sigmasight.intake.verdicts import shortened

MAX_TAG_LENGTH = 60
FIRST_DATE = date(1970, 1, 1)
TOO_LARGE = Decimal(10) ** 15
MOST_DECIMALS = 12
SMALLEST_STEP = Decimal(1).scaleb(-MOST_DECIMALS)

_PLAIN_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED_NUMBER = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class UnreadableCellError(SigmaSightError):
    """A cell does not say what its column asks for; the message becomes the row's issue."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What a ticker cell names."""

    symbol: str
    option: OptionTerms | None


def read_asset(text: str, *, today: date) -> Asset:
    """A ticker, or an option by its OCC symbol.

    Raises:
        UnreadableCellError: If the cell is empty, no symbol, or an option that has expired.
    """
    name = text.strip()
    if not name:
        raise UnreadableCellError("the ticker is missing")
    if not name.isascii():
        raise UnreadableCellError(f"{_quoted(name)} is not a readable ticker: use plain letters and digits")
    try:
        if not looks_like_option(name):
            return Asset(normalize_ticker(name), None)
        terms = parse_occ(name)
    except InvalidSymbolError as error:
        raise UnreadableCellError(str(error)) from error
    symbol = occ_symbol(terms)
    if terms.expiry < today:  # an entry after the expiry is then in the future, which its own cell says
        raise UnreadableCellError(f"{symbol} expired on {terms.expiry}: expired contracts cannot be brought in")
    return Asset(symbol, terms)


def read_quantity(text: str, *, lone_comma_groups: bool, contracts: bool) -> Decimal:
    """A signed number of shares or contracts; ``(100)`` is -100.

    Raises:
        UnreadableCellError: If it is no number, zero, or a fraction of a contract.
    """
    name = text.strip()
    bracketed = _inside_brackets(name)
    number = read_number(bracketed or name, lone_comma_groups=lone_comma_groups)
    if number == 0:
        raise UnreadableCellError("a quantity of 0 is no position: leave the row out")
    if contracts and number != number.to_integral_value():
        raise UnreadableCellError(f"{_quoted(name)} is not a whole number of option contracts")
    return number.copy_negate() if bracketed else number


def read_price(text: str, *, lone_comma_groups: bool) -> Decimal:
    """A price per share in USD, above zero; a leading dollar sign is fine.

    Raises:
        UnreadableCellError: If it is no number, zero or negative.
    """
    number = read_number(text.strip().removeprefix("$"), lone_comma_groups=lone_comma_groups)
    if number <= 0:
        raise UnreadableCellError("the entry price must be above 0 (a short position has a negative quantity)")
    return number


def read_number(text: str, *, lone_comma_groups: bool) -> Decimal:
    """A finite decimal number with a decimal point, its thousands in groups of three or not grouped at all.

    A comma is never a decimal mark. A lone one, as in ``1,234``, groups only where ``lone_comma_groups`` says so: in
    files that separate their cells by something else it is often a decimal mark, so there it is an error.

    Raises:
        UnreadableCellError: If it is no such number, has more than 12 decimals, or reaches 10^15.
    """
    name = text.strip()
    if not name:
        raise UnreadableCellError("the number is missing")
    grouped = _GROUPED_NUMBER.fullmatch(name)
    if grouped and not lone_comma_groups and name.count(",") == 1 and "." not in name:
        raise UnreadableCellError(
            f"{_quoted(name)} is ambiguous: write {name.replace(',', '')} or {name.replace(',', '.')}"
        )
    if not grouped and not _PLAIN_NUMBER.fullmatch(name):
        raise UnreadableCellError(f"{_quoted(name)} is not a number: write it with a decimal point, as in 1234.5")
    return _bounded(name.replace(",", ""))


def read_date(text: str, *, today: date) -> date:
    """A day from 1970 until today, as YYYY-MM-DD.

    Raises:
        UnreadableCellError: If it is no such day.
    """
    name = text.strip()
    if not name:
        raise UnreadableCellError("the date is missing")
    if not _ISO_DATE.fullmatch(name):
        raise UnreadableCellError(f"{_quoted(name)} is not a date of the form YYYY-MM-DD, as in 2025-01-31")
    try:
        day = date.fromisoformat(name)
    except ValueError as error:
        raise UnreadableCellError(f"{_quoted(name)} is no day of the calendar") from error
    if day > today:
        raise UnreadableCellError(f"{day} lies in the future (today is {today})")
    if day < FIRST_DATE:
        raise UnreadableCellError(f"{day} lies before {FIRST_DATE}, the earliest date that is taken")
    return day


def read_tags(text: str) -> tuple[str, ...]:
    """Tags separated by commas, each once whatever its case.

    Raises:
        UnreadableCellError: If one is too long or has control characters.
    """
    tags: dict[str, str] = {}
    for part in text.split(","):
        tag = " ".join(part.split())
        if len(tag) > MAX_TAG_LENGTH:
            raise UnreadableCellError(f"the tag {_quoted(tag)} has {len(tag)} characters; at most {MAX_TAG_LENGTH}")
        if any(character < " " or "\x7f" <= character < "\xa0" for character in tag):
            raise UnreadableCellError(f"the tag {_quoted(tag)} has characters that cannot be shown")
        if tag:
            tags.setdefault(tag.casefold(), tag)
    return tuple(tags.values())


def _inside_brackets(text: str) -> str | None:
    """The unsigned text inside round brackets, as accountants write negative numbers."""
    inside = text[1:-1].strip()
    return inside if text.startswith("(") and text.endswith(")") and inside[:1] not in {"", "+", "-"} else None


def _bounded(digits: str) -> Decimal:
    """The number without an exponent, if it is of a size that positions have."""
    try:
        number = Decimal(digits)
    except InvalidOperation as error:
        raise UnreadableCellError(f"{_quoted(digits)} is beyond any quantity or price") from error
    if number.copy_abs() >= TOO_LARGE:
        raise UnreadableCellError(f"{_quoted(digits)} is too large: numbers stay below 10^15")
    in_steps = number.quantize(SMALLEST_STEP)
    if in_steps != number:
        raise UnreadableCellError(f"{_quoted(digits)} has more than 12 digits after the decimal point")
    if MOST_DECIMALS >= -int(number.as_tuple().exponent) >= 0:
        return number
    return Decimal(f"{in_steps:f}".rstrip("0").rstrip("."))


def _quoted(text: str) -> str:
    return repr(shortened(text, 40))
