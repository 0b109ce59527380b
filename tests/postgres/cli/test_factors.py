"""`sigmasight factors`: what it prints, and what it refuses."""

import json

import psycopg
import pytest

from .conftest import Command

FUND = "Long/Short Equity Hedge Fund Style"


def document(command: Command, url: str, *more: str) -> dict[str, object]:
    ended = command(url, "factors", "--portfolio", FUND, "--json", *more)
    assert ended.code == 0, ended.err
    found: dict[str, object] = json.loads(ended.out)
    return found


def test_seven_factors_whose_shares_and_the_specific_one_are_the_whole(command: Command, demo_url: str) -> None:
    found = document(command, demo_url)
    factors = found["factors"]
    assert isinstance(factors, list)
    assert [each["proxy"] for each in factors] == ["SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV"]
    specific = found["specific_share"]
    assert isinstance(specific, float)
    assert sum(each["risk_share"] for each in factors) + specific == pytest.approx(1.0, abs=5e-6)
    assert (found["sessions"], found["coverage"], found["marks"]) == (252, 1.0, ["simulated"])


def test_positions_add_up_to_the_portfolio(command: Command, demo_url: str) -> None:
    found = document(command, demo_url, "--positions")
    factors, positions = found["factors"], found["positions"]
    assert isinstance(factors, list)
    assert isinstance(positions, list)
    assert len(positions) == 30
    for at, factor in enumerate(factors):
        parts = sum(float(line["factors"][at]["exposure"]) for line in positions)
        assert parts == pytest.approx(float(factor["exposure"]), abs=0.30)
    spy = next(line for line in positions if line["underlying"] == "SPY")
    assert spy["factors"][0] == {
        "factor": "Market",
        "beta": 1.0,
        "hac_error": 0.0,
        "t": None,
        "exposure": spy["dollar_delta"],
    }


def test_shares_count_at_their_price_and_options_at_their_delta_or_at_their_own_price(
    command: Command, demo_url: str
) -> None:
    ended = command(demo_url, "factors", "--portfolio", "Balanced Individual Investor", "--json")
    assert all(each["exposure"] == each["dollar_exposure"] for each in json.loads(ended.out)["factors"])
    found = document(command, demo_url, "--positions")
    market, positions = found["factors"], found["positions"]
    assert isinstance(market, list)
    assert isinstance(positions, list)
    with psycopg.connect(demo_url) as conn:
        query = """SELECT sum(p.quantity::float8 * i.multiplier::float8 * a.market_price * b.loading[1])
            FROM positions p JOIN portfolios o ON o.id = p.portfolio_id JOIN instruments i ON i.id = p.instrument_id
            JOIN option_analytics a ON a.instrument_id = i.id AND a.as_of = %s
            JOIN instrument_betas b ON b.instrument_id = i.underlying_id AND b.as_of = a.as_of WHERE o.name = %s"""
        row = conn.execute(query, (found["as_of"], FUND)).fetchone()
    assert row is not None
    shares = sum(float(line["factors"][0]["exposure"]) for line in positions if line["symbol"] == line["underlying"])
    assert float(market[0]["dollar_exposure"]) == pytest.approx(shares + row[0], abs=0.30)


def test_the_classic_betas_stand_beside_the_default_ones(command: Command, demo_url: str) -> None:
    factors = document(command, demo_url, "--method", "classic")["factors"]
    assert isinstance(factors, list)
    assert all(float(each["classic_exposure"]) != float(each["exposure"]) for each in factors)
    shown = command(demo_url, "factors", "--portfolio", FUND, "--method", "classic", "--positions")
    assert shown.code == 0, shown.err
    assert "classic" in shown.out
    assert "…" not in shown.out


def test_a_day_without_a_session_is_refused(command: Command, demo_url: str) -> None:
    ended = command(demo_url, "factors", "--portfolio", FUND, "--as-of", "2026-11-15")
    assert (ended.code, ended.out) == (1, "")
    assert "no trading day" in ended.err
