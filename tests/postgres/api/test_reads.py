"""What is read of a portfolio is what the services say, as `--json` of the commands has it."""

from datetime import date

import pytest

from sigmasight.cli import correlations as correlations_command
from sigmasight.cli import data_quality as data_quality_command
from sigmasight.cli import factors as factors_command
from sigmasight.cli import greeks as greeks_command
from sigmasight.cli import look_through as look_through_command
from sigmasight.cli import performance as performance_command
from sigmasight.cli import risk as risk_command
from sigmasight.cli import stress as stress_command
from sigmasight.cli.stress import Kind
from sigmasight.domain.correlations import CorrelationPlan, FilterMode, View
from sigmasight.domain.methods import Method
from sigmasight.domain.scenarios import MARKET_RISK_SCENARIOS, Category
from sigmasight.domain.snapshots import ShownExposures
from sigmasight.domain.units import money_text
from sigmasight.services.attribution import By, attribute_profit
from sigmasight.services.correlations import report_correlations
from sigmasight.services.data_quality import report_data_quality
from sigmasight.services.exposures import Grouping, split_exposures
from sigmasight.services.factors import report_factors
from sigmasight.services.greeks import GreekGrouping, list_position_greeks, split_greeks
from sigmasight.services.look_through import report_look_through
from sigmasight.services.performance import report_performance
from sigmasight.services.risk import report_risk
from sigmasight.services.spot_grid import spot_volatility_grid
from sigmasight.services.stress import active_scenarios, report_scenarios

from .conftest import Owner
from .told import LAST, TUESDAY, assert_told

pytestmark = pytest.mark.xdist_group("api")


@pytest.mark.parametrize("by", Grouping)
def test_exposures(owner: Owner, by: Grouping) -> None:
    with owner.place(LAST) as place:
        lines = split_exposures(*place, by)
    found = owner.get("/exposures", by=by)
    assert (found["as_of"], found["by"], found["method"]) == (LAST.isoformat(), by, "default")
    assert [each["group"] for each in found["groups"]] == [line.group for line in lines]
    for each, line in zip(found["groups"], lines, strict=True):
        shown = ShownExposures.of(line.long, line.short)
        amounts = {"gross": shown.gross, "net": shown.net, "long": line.long, "short": line.short}
        amounts |= {"notional": line.notional, "delta_adjusted": line.delta_adjusted}
        assert {name: each[name] for name in amounts} == {name: money_text(value) for name, value in amounts.items()}
        assert (each["positions"], each["coverage"]) == (line.positions, pytest.approx(line.coverage))
    if by is not Grouping.TAG:
        assert found["portfolio"]["positions"] == sum(line.positions for line in lines)
        assert float(found["portfolio"]["long"]) == pytest.approx(sum(line.long for line in lines), abs=0.1)
    snapshot = owner.get("/snapshots", limit=1)["items"][0]["measures"]
    same = ("gross", "net", "long", "short", "notional")
    assert {name: found["portfolio"][name] for name in same} == {name: snapshot[name] for name in same}


@pytest.mark.parametrize("method", Method)
def test_greeks_of_positions(owner: Owner, method: Method) -> None:
    with owner.place(LAST) as place:
        lines = [greeks_command._position_document(line) for line in list_position_greeks(*place, method=method)]
    found = owner.get("/greeks", method=method)
    assert len(lines) == 30
    assert_told({"as_of": LAST.isoformat(), "method": method, "by": "position", "positions": lines}, found)
    assert found["groups"] is None


@pytest.mark.parametrize("by", [GreekGrouping.UNDERLYING, GreekGrouping.EXPIRY])
def test_greeks_of_groups(owner: Owner, by: GreekGrouping) -> None:
    with owner.place(TUESDAY) as place:
        lines = [greeks_command._group_document(line) for line in split_greeks(*place, by)]
        (whole,) = split_greeks(*place, GreekGrouping.PORTFOLIO)
    found = owner.get("/greeks", by=by, as_of=TUESDAY)
    assert_told({"as_of": TUESDAY.isoformat(), "by": by, "groups": lines}, found)
    assert_told({"portfolio_": greeks_command._greek_document(whole)}, {"portfolio_": found["portfolio"]})
    assert found["positions"] is None


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("view", ["portfolio", "positions"])
def test_factors(owner: Owner, view: str, method: Method) -> None:
    with owner.place(LAST) as place:
        report = report_factors(*place, method=method)
    told = factors_command._document(owner.book, report, method, positions=view == "positions")
    found = owner.get("/factors", view=view, method=method)
    assert_told(told, found)
    assert (found["positions"] is None) == (view == "portfolio")
    assert (found["factors"][0]["classic_exposure"] is None) == (method is Method.DEFAULT)
    shares = [each["risk_share"] for each in found["factors"]]
    assert sum(shares) + found["specific_share"] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("kind", [None, "market", "rates"])
def test_market_and_rate_scenarios(owner: Owner, kind: str | None) -> None:
    chosen = [each for each in MARKET_RISK_SCENARIOS if kind in {None, each.category}]
    with owner.place(LAST) as place:
        report = report_scenarios(*place, chosen)
    found = owner.get("/scenarios", **({"kind": kind} if kind else {}))
    assert len(found["scenarios"]) == {None: 10, "market": 6, "rates": 4}[kind]
    assert_told(stress_command._document(owner.book, report, Kind.MARKET), found)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("category", [None, Category.HISTORICAL])
def test_stress_tests(owner: Owner, category: Category | None, method: Method) -> None:
    with owner.place(LAST) as place:
        known = active_scenarios(place[0], owner.book.user_id)
        chosen = [each for each in known if category in {None, each.category}]
        report = report_scenarios(*place, chosen, method=method)
    found = owner.get("/stress", method=method, **({"category": category} if category else {}))
    assert 0 < len(found["scenarios"]) == len(chosen)
    assert_told(stress_command._document(owner.book, report, Kind.STRESS), found)
    assert found["coverage"] == min(each["coverage"] for each in found["scenarios"])


def test_one_stress_test_with_its_largest_positions(owner: Owner) -> None:
    (whole,) = owner.get("/stress", scenario="market_crash_35")["scenarios"]
    (some,) = owner.get("/stress", scenario="market_crash_35", positions=3)["scenarios"]
    assert len(whole["by_position"]) == 30
    assert some == whole | {"by_position": whole["by_position"][:3]}


def test_a_given_shock_is_the_scenario_of_that_shock(owner: Owner) -> None:
    body = {"shocks": [{"factor": "Market", "size": -0.35}]}
    given = owner.asked("POST", f"/portfolios/{owner.book.id}/stress", json=body)
    (made,) = given["scenarios"]
    (shipped,) = owner.get("/stress", scenario="market_crash_35")["scenarios"]
    same = ("direct", "correlated", "by_factor", "by_position", "coverage", "distance")
    assert {name: made[name] for name in same} == {name: shipped[name] for name in same}
    calmer = owner.asked("POST", f"/portfolios/{owner.book.id}/stress", json=body | {"volatility": 0.0})
    assert calmer["scenarios"][0]["direct"] != made["direct"]
    ids = {each["id"] for each in owner.asked("GET", "/stress-scenarios")["items"]}
    assert made["id"] not in ids


def test_the_grid(owner: Owner) -> None:
    with owner.place(LAST) as place:
        grid = spot_volatility_grid(*place)
    found = owner.get("/stress/grid")
    assert found["pnl"] == [[money_text(value) for value in row] for row in grid.pnl.tolist()]
    assert found["worst"]["pnl"] == min((cell for row in found["pnl"] for cell in row), key=float)
    assert (found["spot_returns"][0], found["volatility_changes"][-1]) == (-0.30, 0.20)


FILTERS = [
    {},
    {"view": View.LONGS, "least_weight": 0.02},
    {
        "filter_mode": FilterMode.EITHER,
        "window_sessions": 60,
        "min_returns": 30,
        "threshold": 0.5,
        "method": Method.CLASSIC,
    },
]


@pytest.mark.parametrize("filters", FILTERS)
def test_correlations(owner: Owner, filters: dict[str, object]) -> None:
    names = {"filter_mode": "mode", "min_returns": "min_obs"}
    plan = CorrelationPlan(**{names.get(name, name): value for name, value in filters.items()})  # type: ignore[arg-type]
    with owner.place(TUESDAY) as place:
        report = report_correlations(*place, plan)
    told = correlations_command._document(owner.book, report, matrix=True)
    matrix = told.pop("matrix")
    found = owner.get("/correlations", as_of=TUESDAY, **filters)
    assert_told(told, found)
    path = f"/portfolios/{owner.book.id}/correlations"
    assert owner.asked("POST", path, params={"as_of": TUESDAY}, json=filters) == found
    behind = owner.get("/correlations/matrix", as_of=TUESDAY, **filters)
    assert_told({"names": told["names"], "matrix": matrix, "coverage": told["coverage"]}, behind)
    assert sorted(behind["merge_order"]) == sorted(each["symbol"] for each in found["names"])
    assert behind["merges"][-1]["size"] == len(behind["names"])


def test_performance(owner: Owner) -> None:
    with owner.place(LAST) as place:
        report = report_performance(*place)
    told = performance_command._performance_document(owner.book, report)
    found = owner.get("/performance")
    returns = {f"return_{name.replace(' ', '_')}": figure for name, figure in found["returns"].items()}
    volatility = {f"volatility_{count}": figure for count, figure in found["volatility"].items()}
    alone = {name: found[name] for name in ("sharpe", "sortino", "max_drawdown", "beta")}
    assert_told(told, found | {"figures": returns | volatility | alone})
    assert (found["coverage"], found["not_included"]) == (1.0, [])


@pytest.mark.parametrize("by", By)
def test_attribution(owner: Owner, by: By) -> None:
    with owner.place(LAST) as place:
        told = performance_command._attribution_document(owner.book, attribute_profit(*place, by))
    found = owner.get("/attribution", by=by)
    assert_told(told, found)
    assert sum(float(line["pnl"]) for line in found["lines"]) == pytest.approx(float(found["pnl"]), abs=0.5)
    assert bool(found["options"]) == (by is By.GREEK)
    assert found["coverage"] == 1.0


def test_data_quality(owner: Owner) -> None:
    with owner.place(TUESDAY) as place:
        report = report_data_quality(*place)
    found = owner.get("/data-quality", as_of=TUESDAY)
    assert_told(data_quality_command._document(owner.book, report), found)
    assert {each["engine"]: each["coverage"] for each in found["engines"]}["correlations"] is not None
    assert len(found["coverage_over_time"]) == 20


@pytest.mark.parametrize("factors", [False, True])
def test_look_through(owner: Owner, *, factors: bool) -> None:
    with owner.place(LAST) as place:
        report = report_look_through(*place, factors=factors)
    found = owner.get("/look-through", factors=factors)
    assert_told(look_through_command._document(owner.book, report), found)
    assert (found["factors"] is None) is not factors


def test_look_through_by_pages(owner: Owner) -> None:
    whole = owner.get("/look-through")
    assert whole["next"] is None
    lines, cursor = [], "0"
    while cursor is not None:
        page = owner.get("/look-through", limit=20, cursor=cursor)
        lines, cursor = lines + page["lines"], page["next"]
        assert len(page["lines"]) <= 20
    assert len(lines) > 40
    assert lines == whole["lines"]


@pytest.mark.parametrize("as_of", [TUESDAY, LAST])
def test_risk(owner: Owner, as_of: date) -> None:
    with owner.place(as_of) as place:
        report = report_risk(*place)
    assert_told(risk_command._document(owner.book, report), owner.get("/risk", as_of=as_of))


def test_without_a_day_the_last_night_is_meant(owner: Owner) -> None:
    assert owner.get("/exposures") == owner.get("/exposures", as_of=LAST)
    assert owner.get("/exposures") != owner.get("/exposures", as_of=TUESDAY)
