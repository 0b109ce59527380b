"""A user's own scenarios are in his rows and in nobody else's, and change nothing of the others."""

from math import isnan

import pytest

from postgres.greeks.conftest import FRIDAY, Studio
from sigmasight.domain.market_data import Market
from sigmasight.domain.scenarios import Basis, Scenario, Shock
from sigmasight.domain.snapshots import NotIncluded
from sigmasight.store.scenarios import delete_own_scenario

from .conftest import CALL, NAMES, OWN, OWN_SIZES, SHARES, City, RiskDesk, Tape, by_name, own_scenario

pytestmark = pytest.mark.xdist_group("factors")


def test_own_scenarios_are_in_their_owners_rows_only(city: City) -> None:
    with_own = {f"only {name}" for name in NAMES}
    for name, book in city.books.items():
        assert (OWN in city.desk.stress(book).scenarios) == (name in with_own), name
        assert OWN not in city.desk.market_scenarios(book).scenarios
    names = {len(city.desk.stress(book).scenarios) for book in city.books.values()}
    assert names == {23, 24}


def test_two_users_with_the_same_id_have_their_own_numbers(city: City) -> None:
    lost = {name: city.direct(f"only {name}")[OWN] / city.worth(f"only {name}") for name in NAMES}
    assert lost == pytest.approx(OWN_SIZES, rel=1e-9)


@pytest.fixture
def listed(desk: RiskDesk, tape: Tape) -> RiskDesk:
    desk.live.list_share("AAA", tape.path(tape.returns(**SHARES["AAA"], seed=1)))  # type: ignore[arg-type]
    desk.live.quote_at(CALL, FRIDAY)
    return desk


def test_inactive_and_removed_ones_are_not_run_and_total_and_volatility_are_as_written(listed: RiskDesk) -> None:
    book = listed.book("a", ("AAA", 10), (CALL, 1), on=FRIDAY)
    total = own_scenario("Value", -0.2)
    several: tuple[Scenario, ...] = (
        total,
        own_scenario("Value", -0.2, id="relative", basis=Basis.RELATIVE),
        own_scenario("Market", -0.2, id="total_beside", shocks=(Shock("Market", -0.2), Shock("Value", -0.2))),
        own_scenario("Market", -0.2, id="calm", volatility_change=0.0),
        own_scenario("Market", -0.2, id="panic", volatility_change=0.5),
        own_scenario("Market", -0.2, id="as_ever"),
        own_scenario("Value", -0.9, id="sleeping", active=False),
        own_scenario("30Y", 0.01, id="long_end"),
    )
    listed.imagine(book.user_id, *several)
    listed.night(FRIDAY)
    found = listed.stress(book)
    assert found.scenarios[23:] == tuple(each.id for each in several if each.active)
    direct = by_name(found, "direct")
    assert direct[OWN] == direct["relative"]  # the market is not shocked
    assert direct["total_beside"] != direct["as_ever"]
    assert direct["calm"] < direct["as_ever"] < direct["panic"]
    assert not any(isnan(value) for value in direct.values())
    beta = listed.betas("AAA")["yield_beta"][3]
    assert direct["long_end"] == pytest.approx(direct["rates_up_100bp"], rel=0.2)
    assert beta == pytest.approx(listed.betas("AAA")["yield_beta"][2])  # all series are one here
    with listed.db.write() as conn:
        delete_own_scenario(conn, book.user_id, "panic")
    listed.night(FRIDAY)
    assert "panic" not in listed.stress(book).scenarios
    assert by_name(listed.stress(book), "direct") == {k: v for k, v in direct.items() if k != "panic"}


def test_what_anothers_scenario_lacks_is_not_told_to_me(listed: RiskDesk, studio: Studio) -> None:
    """There is no 30-year yield, and one user shocks it: a row says nothing of what its scenarios do not need."""
    hide_series(listed, "DGS30")
    mine = listed.book("mine", ("AAA", 10), on=FRIDAY)
    theirs = listed.book("theirs", ("AAA", 10), on=FRIDAY)
    with studio.double(listed) as without:
        without.night(FRIDAY)
        expected = without.stress(mine)
    listed.imagine(theirs.user_id, own_scenario("30Y", 0.01))
    listed.night(FRIDAY)
    assert listed.stress(theirs).not_included == (NotIncluded("AAA", "no_rate"),)
    assert listed.stress(mine).not_included == expected.not_included == ()


def hide_series(desk: RiskDesk, series: str) -> None:
    """Let nobody know one of the yields."""
    for day in desk.days(FRIDAY, 300):
        desk.exchanges[Market.LIVE].hidden.add(("yields", series, day))


def test_an_own_scenario_with_the_id_of_a_replay_is_not_run_beside_it(listed: RiskDesk) -> None:
    """A later release may ship a replay under an id that a user has taken: his is listed as displaced."""
    book = listed.book("a", ("AAA", 10), on=FRIDAY)
    listed.imagine(book.user_id, own_scenario("Market", -0.01, id="replay_covid_2020"))
    listed.night(FRIDAY)
    assert len(listed.stress(book).scenarios) == len(set(listed.stress(book).scenarios)) == 23
