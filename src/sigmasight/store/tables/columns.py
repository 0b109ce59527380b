"""Columns and constraints that many tables share."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    MetaData,
    Numeric,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

NEW_UUID = text("gen_random_uuid()")
NOW = text("now()")


def uuid_key() -> Column[object]:
    """A primary key that the database makes."""
    return Column("id", Uuid, primary_key=True, server_default=NEW_UUID)


def owner(*, primary_key: bool = False) -> Column[object]:
    """The owner, on every owned table, so that its row-level policy is one equality."""
    return Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, primary_key=primary_key)


def market() -> Column[str]:
    """Whose number it is: the live market's or the simulated one's."""
    return Column("market", Text, primary_key=True)


def instrument(*, primary_key: bool = True) -> Column[int]:
    """The instrument that a row is about."""
    return Column("instrument_id", BigInteger, ForeignKey("instruments.id"), primary_key=primary_key, nullable=False)


def day(name: str = "day", *, primary_key: bool = True) -> Column[object]:
    """A calendar day."""
    return Column(name, Date, primary_key=primary_key, nullable=False)


def required_text(name: str) -> Column[str]:
    """A text that must be there."""
    return Column(name, Text, nullable=False)


def moment(name: str) -> Column[object]:
    """An instant that the database's clock sets."""
    return Column(name, TIMESTAMP(timezone=True), nullable=False, server_default=NOW)


def typed_number(name: str, *, nullable: bool = False) -> Column[object]:
    """What a person typed, exactly."""
    return Column(name, Numeric, nullable=nullable)


def vendor_number(name: str, *, nullable: bool = True) -> Column[float]:
    """A number from a vendor or an engine."""
    return Column(name, Double, nullable=nullable)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A column holds one of a few words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def positive(*columns: str) -> list[CheckConstraint]:
    """Columns above zero and below infinity, or NULL; NaN is above infinity in PostgreSQL, so this refuses it."""
    return [CheckConstraint(f"{column} > 0 AND {column} < 'Infinity'", name=column) for column in columns]


def not_negative(*columns: str) -> list[CheckConstraint]:
    """Columns at or above zero and below infinity, or NULL."""
    return [CheckConstraint(f"{column} >= 0 AND {column} < 'Infinity'", name=column) for column in columns]


def finite(*columns: str) -> list[CheckConstraint]:
    """Columns between the infinities, or NULL."""
    return [CheckConstraint(f"{column} > '-Infinity' AND {column} < 'Infinity'", name=column) for column in columns]


def known_market() -> CheckConstraint:
    """The two markets there are."""
    return one_of("market", "live", "simulated")
