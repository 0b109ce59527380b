"""The replays: what the factors returned in five episodes, against the closes from which that was worked out."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from sigmasight.domain.factors import FACTORS
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity
from sigmasight.intake.scenarios_file import shipped_replays, shipped_scenarios

EPISODES = {
    "replay_covid_2020": ("2020-02-19", "2020-03-23"),
    "replay_2018_q4": ("2018-09-20", "2018-12-24"),
    "replay_2015_08": ("2015-08-10", "2015-08-25"),
    "replay_2022_h1": ("2022-01-03", "2022-06-16"),
    "replay_2022_q3": ("2022-08-16", "2022-09-30"),
}
"""First and last close."""

FUNDS = {"Value": "VLUE", "Momentum": "MTUM", "Quality": "QUAL", "Size": "SIZE", "Low Volatility": "USMV"}
BASKET = ["AAPL", "MSFT", "AMD", "UNH", "LLY", "HD"]
SIX_PLACES = 5.000001e-7
REPLAYS = {replay.id: replay for replay in shipped_replays()}


def closes(name: str) -> pd.DataFrame:
    """A file of daily closes that comes with skfolio; importing that package takes longer than this test."""
    found = find_spec("skfolio")
    assert found is not None
    assert found.origin is not None
    with gzip.open(Path(found.origin).parent / "datasets" / "data" / f"{name}.csv.gz") as stream:
        return pd.read_csv(stream, index_col=0)


@pytest.fixture(scope="module")
def levels() -> pd.DataFrame:
    """What one dollar in each factor comes to, by day."""
    funds, shares, index = closes("factors_dataset"), closes("sp500_dataset"), closes("sp500_index")
    basket = (1 + shares[BASKET].pct_change().mean(axis=1)).cumprod()
    columns = {"Market": index["SP500"], "Growth": basket}
    return pd.DataFrame(columns | {factor: funds[fund] for factor, fund in FUNDS.items()})


def test_five_replays_are_shipped_beside_the_eighteen() -> None:
    assert list(REPLAYS) == list(EPISODES)
    assert not REPLAYS.keys() & {scenario.id for scenario in shipped_scenarios()}


@pytest.mark.parametrize("replay", REPLAYS.values(), ids=REPLAYS)
def test_a_replay_shocks_all_seven_factors_by_their_whole_moves(replay: Scenario) -> None:
    assert [shock.factor for shock in replay.shocks] == [factor.name for factor in FACTORS if factor.active]
    assert replay.active
    assert (replay.basis, replay.category) == (Basis.TOTAL, Category.HISTORICAL)
    assert replay.severity in {Severity.SEVERE, Severity.EXTREME}
    assert replay.volatility_change is None


@pytest.mark.parametrize(("identity", "days"), EPISODES.items(), ids=EPISODES)
def test_its_sizes_are_the_returns_between_the_closes_that_it_names(
    identity: str, days: tuple[str, str], levels: pd.DataFrame
) -> None:
    first, last = days
    replay = REPLAYS[identity]
    returns = levels.loc[last] / levels.loc[first] - 1
    assert {shock.factor: shock.size for shock in replay.shocks} == pytest.approx(dict(returns), rel=0, abs=SIX_PLACES)
    assert f"from the close of {first} to that of {last}" in replay.description


@pytest.mark.parametrize("replay", REPLAYS.values(), ids=REPLAYS)
def test_it_says_which_funds_they_are_returns_of(replay: Scenario) -> None:
    assert "Market: S&P 500 index, without dividends" in replay.description
    assert all(f"{factor} {fund}" in replay.description for factor, fund in FUNDS.items())
    assert f"Growth equal weight of {', '.join(BASKET)}" in replay.description


def test_in_the_spring_of_2020_quality_fell_by_a_third_and_not_rose_by_a_tenth() -> None:
    sizes = {shock.factor: shock.size for shock in REPLAYS["replay_covid_2020"].shocks}
    assert sizes["Quality"] == -0.340561
