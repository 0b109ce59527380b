"""What was asked of providers, and what was refused of their answers."""

from sqlalchemy import Connection, select

from postgres.store.builders import FRIDAY, MONDAY, TUESDAY, WEDNESDAY
from sigmasight.domain.market_data import Market
from sigmasight.store.asked import asked, forget_asked, remember_asked, set_aside
from sigmasight.store.tables import asked_ranges, refused_rows

LIVE, SIMULATED = Market.LIVE, Market.SIMULATED


def test_what_was_asked_widens_and_never_narrows(conn: Connection) -> None:
    remember_asked(conn, LIVE, "prices", ["AAA", "AAA", "BBB"], span=(TUESDAY, WEDNESDAY), source="one")
    remember_asked(conn, LIVE, "prices", ["AAA"], span=(WEDNESDAY, FRIDAY), source="two")
    remember_asked(conn, LIVE, "prices", ["BBB"], span=(MONDAY, TUESDAY), source="two")
    remember_asked(conn, LIVE, "prices", [], span=(MONDAY, TUESDAY), source="two")
    assert asked(conn, LIVE, "prices") == {"AAA": (TUESDAY, FRIDAY), "BBB": (MONDAY, WEDNESDAY)}
    remember_asked(conn, LIVE, "prices", ["AAA"], span=(WEDNESDAY, WEDNESDAY), source="three")
    assert asked(conn, LIVE, "prices")["AAA"] == (TUESDAY, FRIDAY)
    assert asked(conn, LIVE, "rates") == {}
    assert asked(conn, SIMULATED, "prices") == {}


def test_refused_rows_are_kept_for_the_report(conn: Connection) -> None:
    row = {"symbol": "AAA", "day": MONDAY, "field": "close", "value": "-1.0", "why": "it is below 0"}
    set_aside(conn, LIVE, [row, {**row, "day": None}], "one")
    set_aside(conn, LIVE, [], "one")
    stored = conn.execute(select(refused_rows).order_by(refused_rows.c.id)).all()
    assert [(r.market, r.symbol, r.day, r.field, r.value, r.why, r.source) for r in stored] == [
        ("live", "AAA", day, "close", "-1.0", "it is below 0", "one") for day in (MONDAY, None)
    ]


def test_what_was_asked_in_vain_can_be_asked_again(conn: Connection) -> None:
    for kind in ("prices", "profile"):
        remember_asked(conn, LIVE, kind, ["AAA", "BBB"], span=(MONDAY, FRIDAY), source="one")
    forget_asked(conn, LIVE, "prices", ["AAA", "ZZZ"])
    forget_asked(conn, LIVE, "prices", [])
    forget_asked(conn, SIMULATED, "prices", ["BBB"])
    assert asked(conn, LIVE, "prices") == {"BBB": (MONDAY, FRIDAY)}
    assert set(asked(conn, LIVE, "profile")) == {"AAA", "BBB"}
    assert set(conn.execute(select(asked_ranges.c.source)).scalars()) == {"one"}
