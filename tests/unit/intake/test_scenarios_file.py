"""Scenario files: read whole, or every error with its place and nothing."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigmasight.domain.errors import InvalidScenariosError
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.intake.scenarios_file import (
    parse_scenario,
    parse_scenarios,
    scenario_file,
    scenario_member,
    shipped_replays,
    shipped_scenarios,
)

FACTORS = ["Market", "Value", "Growth"]
SHOCKED = ["Market", "Value", "Growth", "Momentum", "Quality", "Size", "Low Volatility"]
CRASH: dict[str, Any] = {
    "id": "crash",
    "name": "Crash",
    "category": "market",
    "severity": "severe",
    "active": True,
    "shocks": [{"factor": "Market", "size": -0.35}],
}

TOTAL_LOSS = "is a loss of 100 % or more: write a fraction above -1, -0.10 is -10 %"
TOO_LARGE_A_YIELD = "is too large for a change of yield: write a fraction, 0.01 is +100 basis points"
ONE_YIELD = "shock one of them; a rate beta is a regression on one yield, so two would count the same move twice"
TOO_MUCH_VOLATILITY = "is not between -1 and 5: write a fraction, 0.10 is +10 points"
KEYS = "id, name, category, severity, active, shocks, basis, volatility, from, to, description"

# SPEC 4.5, typed by hand from the table: id, category, severity, shocks.
SHIPPED = """
market_up_10                | market     | moderate | Market +0.10
market_down_10              | market     | moderate | Market -0.10
market_crash_35             | market     | severe   | Market -0.35
market_rally_25             | market     | severe   | Market +0.25
rates_up_25bp               | rates      | mild     | 10Y +0.0025
rates_down_25bp             | rates      | mild     | 10Y -0.0025
rates_up_100bp              | rates      | moderate | 10Y +0.01
rates_down_100bp            | rates      | moderate | 10Y -0.01
rate_spike_300bp            | rates      | severe   | 10Y +0.03
value_rotation_20           | rotation   | moderate | Value +0.20, Growth -0.10
growth_rally_15             | rotation   | moderate | Growth +0.15, Momentum +0.10
small_cap_outperformance_10 | rotation   | mild     | Size +0.10
quality_flight_12           | rotation   | mild     | Quality +0.12, Market -0.05
vix_spike_150               | volatility | severe   | Low Volatility -0.25, Market -0.15
liquidity_crisis            | volatility | severe   | Market -0.20, Low Volatility -0.30, Quality +0.15, Size -0.10
financial_crisis_2008       | historical | extreme  | Market -0.45, Value -0.30, Size -0.25, Quality +0.20, Low Volatility -0.35
covid_crash_2020            | historical | extreme  | Market -0.35, Growth +0.15, Value -0.40, Size -0.30, Quality +0.10
dotcom_crash_2000           | historical | extreme  | Market -0.45, Growth -0.60, Value +0.20, Momentum -0.50, Quality +0.15
"""  # noqa: E501 - a table reads best as one


def table() -> list[tuple[str, str, str, tuple[Shock, ...]]]:
    rows = []
    for line in SHIPPED.strip().splitlines():
        identity, category, severity, shocks = (cell.strip() for cell in line.split("|"))
        pairs = [shock.strip().rpartition(" ") for shock in shocks.split(",")]
        rows.append((identity, category, severity, tuple(Shock(factor, float(size)) for factor, _, size in pairs)))
    return rows


def file_of(*scenarios: object) -> bytes:
    return json.dumps({"scenarios": list(scenarios)}).encode()


def errors(content: bytes) -> list[str]:
    """The lines of the message that name an error."""
    with pytest.raises(InvalidScenariosError) as caught:
        parse_scenarios(content, factor_names=FACTORS)
    heading, *lines = str(caught.value).split("\n- ")
    count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
    assert heading == f"The scenario file has {count}; nothing was changed:"
    return lines


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidScenariosError) as caught:
        parse_scenarios(content, factor_names=FACTORS)
    return str(caught.value)


def test_the_eighteen_scenarios_that_are_shipped_are_the_table() -> None:
    shipped = shipped_scenarios()
    assert len(shipped) == 18
    assert [(found.id, found.category, found.severity, found.shocks) for found in shipped] == table()
    assert all(found.active and found.basis is Basis.RELATIVE for found in shipped)
    assert len({found.name for found in shipped}) == 18
    assert all(found.description for found in shipped)


def test_a_file_gives_its_scenarios_in_order() -> None:
    own = {
        **CRASH,
        "id": "own_1",
        "name": "  My own ",
        "category": "custom",
        "severity": "mild",
        "active": False,
        "basis": "total",
        "volatility": 0.25,
        "description": "Growth without the market",
        "shocks": [{"factor": "Growth", "size": 1}, {"factor": "30Y", "size": -0.005}, {"factor": "Market", "size": 0}],
    }
    assert parse_scenarios(file_of(CRASH, own), factor_names=FACTORS) == (
        Scenario(
            "crash",
            "Crash",
            Category.MARKET,
            Severity.SEVERE,
            active=True,
            basis=Basis.RELATIVE,
            shocks=(Shock("Market", -0.35),),
        ),
        Scenario(
            "own_1",
            "My own",
            Category.CUSTOM,
            Severity.MILD,
            active=False,
            basis=Basis.TOTAL,
            shocks=(Shock("Growth", 1.0), Shock("30Y", -0.005), Shock("Market", 0.0)),
            description="Growth without the market",
            volatility_change=0.25,
        ),
    )


def test_a_byte_order_mark_does_no_harm() -> None:
    assert len(parse_scenarios(b"\xef\xbb\xbf" + file_of(CRASH), factor_names=FACTORS)) == 1


def test_every_error_is_named_at_once_with_its_place() -> None:
    worse = {
        "id": "Crash!",
        "name": "",
        "severity": "bad",
        "active": "yes",
        "basis": None,
        "volatility": "high",
        "colour": "red",
        "shocks": [{"factor": "Market", "size": -1}, {"factor": "Gold", "size": "big"}, 3, {"size": 0.1, "unit": "%"}],
    }
    assert errors(file_of(CRASH, worse, 5)) == [
        f"scenarios[1]: has the unknown key 'colour'; known are {KEYS}",
        "scenarios[1]: lacks the key 'category'",
        "scenarios[1].id: must be 1 to 60 small letters a-z, digits and underscores",
        "scenarios[1].name: must have 1 to 120 characters on one line, all of them printable",
        "scenarios[1].severity: must be one of mild, moderate, severe, extreme",
        "scenarios[1].active: must be true or false, not text",
        "scenarios[1].shocks[0].size: -1 is a loss of 100 % or more: write a fraction above -1, -0.10 is -10 %",
        "scenarios[1].shocks[1].factor: must be one of Market, Value, Growth, 3M, 2Y, 10Y, 30Y",
        "scenarios[1].shocks[1].size: must be a finite number, not text",
        "scenarios[1].shocks[2]: must be an object, not a number",
        "scenarios[1].shocks[3]: has the unknown key 'unit'; known are factor, size",
        "scenarios[1].shocks[3]: lacks the key 'factor'",
        "scenarios[1].basis: must be one of relative, total",
        "scenarios[1].volatility: must be a finite number, not text",
        "scenarios[2]: must be an object, not a number",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[]", "the file: must be an object, not a list"),
        (b"null", "the file: must be an object, not null"),
        (b'"x"', "the file: must be an object, not text"),
        (b"NaN", "the file: must be an object, not NaN"),
        (b"{}", "the file: lacks the key 'scenarios'"),
        (b'{"scenarios": []}', "scenarios: must have at least one element"),
        (b'{"scenarios": {}}', "scenarios: must be a list, not an object"),
        (b'{"scenarios": false}', "scenarios: must be a list, not true or false"),
    ],
)
def test_a_file_of_another_shape_says_what_it_should_be(content: bytes, expected: str) -> None:
    assert errors(content) == [expected]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("id", 7, "id: must be 1 to 60 small letters a-z, digits and underscores"),
        ("id", "x" * 61, "id: must be 1 to 60 small letters a-z, digits and underscores"),
        ("id", "crash\n", "id: must be 1 to 60 small letters a-z, digits and underscores"),
        ("name", None, "name: must be text, not null"),
        ("name", "  ", "name: must have 1 to 120 characters on one line, all of them printable"),
        ("name", "x" * 121, "name: must have 1 to 120 characters on one line, all of them printable"),
        ("name", "\ud800", "name: must have 1 to 120 characters on one line, all of them printable"),
        ("description", "a\0b", "description: must have 1 to 1,000 characters on one line, all of them printable"),
        ("category", "Market", "category: must be one of market, rates, rotation, volatility, historical, custom"),
        ("severity", ["mild"], "severity: must be one of mild, moderate, severe, extreme"),
        ("active", 1, "active: must be true or false, not a number"),
        ("basis", "absolute", "basis: must be one of relative, total"),
        ("shocks", [], "shocks: must have at least one element"),
        ("shocks", {"Market": -0.1}, "shocks: must be a list, not an object"),
    ],
)
def test_a_value_that_does_not_fit_says_what_would(key: str, value: object, expected: str) -> None:
    assert errors(file_of({**CRASH, key: value})) == [f"scenarios[0].{expected}"]


@pytest.mark.parametrize("key", ["id", "name", "category", "severity", "active", "shocks"])
def test_a_missing_key_is_named(key: str) -> None:
    scenario = {name: value for name, value in CRASH.items() if name != key}
    assert errors(file_of(scenario)) == [f"scenarios[0]: lacks the key {key!r}"]


@pytest.mark.parametrize(
    ("shock", "expected"),
    [
        ('{"factor": "Market", "size": -1.0}', f"-1 {TOTAL_LOSS}"),
        ('{"factor": "Value", "size": -35}', f"-35 {TOTAL_LOSS}"),
        ('{"factor": "Value", "size": 35}', "35 is a rise of more than 1,000 %: write a fraction, 0.10 is +10 %"),
        ('{"factor": "10Y", "size": 25}', f"25 {TOO_LARGE_A_YIELD}"),
        ('{"factor": "3M", "size": -0.21}', f"-0.21 {TOO_LARGE_A_YIELD}"),
        ('{"factor": "Market", "size": NaN}', "must be a finite number, not NaN"),
        ('{"factor": "Market", "size": -Infinity}', "must be a finite number, not -Infinity"),
        ('{"factor": "Market", "size": 1e400}', "must be a finite number, not 1e400"),
        ('{"factor": "Market", "size": true}', "must be a finite number, not true or false"),
        ('{"factor": "Market", "size": null}', "must be a finite number, not null"),
        ('{"factor": "Market", "size": [0.1]}', "must be a finite number, not a list"),
        ('{"factor": "Market", "size": ' + "9" * 5000 + "}", f"must be a finite number, not {'9' * 19}…"),
    ],
)
def test_a_size_that_cannot_be_is_refused(shock: str, expected: str) -> None:
    scenario = json.dumps({**CRASH, "shocks": "HERE"}).replace('"HERE"', f"[{shock}]")
    assert errors(f'{{"scenarios": [{scenario}]}}'.encode()) == [f"scenarios[0].shocks[0].size: {expected}"]


def test_sizes_go_up_to_their_bounds() -> None:
    up = {**CRASH, "shocks": [{"factor": "Market", "size": -0.999}, {"factor": "10Y", "size": 0.2}], "volatility": 5}
    down = {**CRASH, "id": "down", "shocks": [{"factor": "2Y", "size": -0.2}], "volatility": -1}
    found = parse_scenarios(file_of(up, down), factor_names=FACTORS)
    assert [[shock.size for shock in scenario.shocks] for scenario in found] == [[-0.999, 0.2], [-0.2]]
    assert [scenario.volatility_change for scenario in found] == [5.0, -1.0]


@pytest.mark.parametrize(
    ("literal", "expected"),
    [
        ("5.01", f"5.01 {TOO_MUCH_VOLATILITY}"),
        ("5.0000000001", f"5.0000000001 {TOO_MUCH_VOLATILITY}"),
        ("-1.01", f"-1.01 {TOO_MUCH_VOLATILITY}"),
        ("10", f"10 {TOO_MUCH_VOLATILITY}"),
        ("NaN", "must be a finite number, not NaN"),
        ("Infinity", "must be a finite number, not Infinity"),
        ("1e400", "must be a finite number, not 1e400"),
        ("null", "must be a finite number, not null"),
        ("true", "must be a finite number, not true or false"),
        ('"0.1"', "must be a finite number, not text"),
        ("[0.1]", "must be a finite number, not a list"),
    ],
)
def test_a_change_of_volatility_that_cannot_be_is_refused(literal: str, expected: str) -> None:
    scenario = json.dumps({**CRASH, "volatility": "HERE"}).replace('"HERE"', literal)
    assert errors(f'{{"scenarios": [{scenario}]}}'.encode()) == [f"scenarios[0].volatility: {expected}"]


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ({"from": "2020-02-19"}, "scenarios[0]: needs both 'from' and 'to', or neither"),
        ({"to": "2020-02-19"}, "scenarios[0]: needs both 'from' and 'to', or neither"),
        ({"from": "2020-03-23", "to": "2020-02-19"}, "scenarios[0].to: must be after 'from', 2020-03-23"),
        ({"from": "2020-02-19", "to": "2020-02-19"}, "scenarios[0].to: must be after 'from', 2020-02-19"),
        ({"from": "spring", "to": "2020-02-19"}, "scenarios[0].from: must be a date such as 2020-02-19, not 'spring'"),
        ({"from": "2020-02-19", "to": 7}, "scenarios[0].to: must be a date such as 2020-02-19, not a number"),
    ],
)
def test_closes_that_cannot_be_replayed_are_refused(closes: dict[str, object], expected: str) -> None:
    assert errors(file_of({**CRASH, **closes})) == [expected]


def test_closes_of_a_replay_come_back_and_are_written_again() -> None:
    (found,) = parse_scenarios(file_of({**CRASH, "from": "2020-02-19", "to": "2020-03-23"}), factor_names=FACTORS)
    assert (found.first_close, found.last_close) == (date(2020, 2, 19), date(2020, 3, 23))
    assert parse_scenarios(json.dumps(scenario_file([found])).encode(), factor_names=FACTORS) == (found,)


def test_no_change_of_volatility_is_not_the_same_as_none_given() -> None:
    found = parse_scenarios(file_of(CRASH, {**CRASH, "id": "calm", "volatility": 0}), factor_names=FACTORS)
    assert [scenario.volatility_change for scenario in found] == [None, 0.0]


def test_a_factor_is_shocked_once() -> None:
    shocks = [{"factor": "Market", "size": -0.1}, {"factor": "10Y", "size": 0.01}, {"factor": "Market", "size": 0.1}]
    assert errors(file_of({**CRASH, "shocks": shocks})) == [
        "scenarios[0].shocks[2].factor: Market is shocked more than once"
    ]


@pytest.mark.parametrize(("first", "second"), [("10Y", "2Y"), ("2Y", "10Y"), ("3M", "30Y")])
def test_one_treasury_yield_is_shocked_at_most(first: str, second: str) -> None:
    shocks = [{"factor": first, "size": 0.01}, {"factor": "Market", "size": -0.1}, {"factor": second, "size": 0.01}]
    assert errors(file_of({**CRASH, "shocks": shocks})) == [
        f"scenarios[0].shocks[2].factor: {second} is a second Treasury yield beside {first}: {ONE_YIELD}"
    ]


def test_every_yield_beyond_the_first_is_named() -> None:
    shocks = [{"factor": tenor, "size": 0.01} for tenor in ("2Y", "10Y", "2Y", "30Y")]
    assert [line.split(" is ")[0] for line in errors(file_of({**CRASH, "shocks": shocks}))] == [
        "scenarios[0].shocks[1].factor: 10Y",
        "scenarios[0].shocks[2].factor: 2Y",
        "scenarios[0].shocks[3].factor: 30Y",
    ]


def test_two_scenarios_may_shock_different_yields() -> None:
    two = [{**CRASH, "id": tenor.lower(), "shocks": [{"factor": tenor, "size": 0.01}]} for tenor in ("2Y", "10Y")]
    assert len(parse_scenarios(file_of(*two), factor_names=FACTORS)) == 2


def test_an_id_that_is_taken_is_refused_where_it_stands() -> None:
    with pytest.raises(InvalidScenariosError) as caught:
        parse_scenarios(file_of({**CRASH, "id": "mine"}, CRASH), factor_names=FACTORS, taken_ids=["crash", "fall"])
    assert str(caught.value).splitlines()[1:] == [
        "- scenarios[1].id: 'crash' is the id of a scenario that comes with SigmaSight: choose another"
    ]


def test_an_id_is_there_once() -> None:
    assert errors(file_of(CRASH, {**CRASH, "id": "other"}, CRASH)) == [
        "scenarios[2].id: 'crash' is already the id of scenarios[0]"
    ]


def test_keys_that_repeat_are_named_where_they_do() -> None:
    text = file_of(CRASH).decode().replace('"size"', '"size": 0.1, "size"').replace('"id"', '"id": "x", "id"')
    assert errors(text.encode()) == [
        "scenarios[0]: has the key 'id' more than once",
        "scenarios[0].shocks[0]: has the key 'size' more than once",
    ]


def test_errors_beyond_a_thousand_are_counted() -> None:
    content = json.dumps({"scenarios": [0] * 1500}).encode()
    message = refusal(content)
    assert message.startswith("The scenario file has 1,500 errors")
    assert "scenarios[999]" in message
    assert "scenarios[1000]" not in message
    assert message.endswith("\n- and 500 more")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is not JSON: line 1, column 1: Expecting value."),
        (b'{"scenarios": [\n  {"id": "a",}\n]}', "The file is not JSON: line 2, column 14: "),
        (b"\xff\xfe{", "The file is not UTF-8 text (byte 1)."),
        (b"[" * 100_000, "The file is not a scenario file: its brackets are nested too deeply."),
        (b" " * (1024 * 1024 + 1), "The file has 1,048,577 bytes; at most 1,048,576 are read."),
    ],
)
def test_a_file_that_is_no_json_says_where(content: bytes, message: str) -> None:
    assert refusal(content).startswith(message)


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.floats(), st.text(max_size=5), st.sampled_from(["Market", "crash", "market"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([*CRASH, "basis", "volatility", "factor", "size", "scenarios"]), inner, max_size=5
        ),
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=100), JSON_VALUES.map(file_of), JSON_VALUES.map(lambda v: file_of({**CRASH, "shocks": v}))
    )
)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    try:
        scenarios = parse_scenarios(content, factor_names=FACTORS)
    except InvalidScenariosError:
        return
    assert scenarios
    assert all(scenario.shocks for scenario in scenarios)


SIZES = st.floats(-1, 10, exclude_min=True)
YIELDS = st.one_of(st.none(), st.tuples(st.sampled_from(["3M", "2Y", "10Y", "30Y"]), st.floats(-0.2, 0.2)))
TEXTS = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)


@st.composite
def any_scenario(draw: st.DrawFn) -> Scenario:
    shocked = draw(st.dictionaries(st.sampled_from(FACTORS), SIZES, min_size=1))
    tenor = draw(YIELDS)
    return Scenario(
        id=draw(st.text("az09_", min_size=1, max_size=60)),
        name=draw(TEXTS),
        category=draw(st.sampled_from(Category)),
        severity=draw(st.sampled_from(Severity)),
        active=draw(st.booleans()),
        basis=draw(st.sampled_from(Basis)),
        shocks=tuple(Shock(*pair) for pair in [*shocked.items(), *([tenor] if tenor else [])]),
        description=draw(st.one_of(st.just(""), TEXTS)),
        volatility_change=draw(st.one_of(st.none(), st.floats(-1, 5))),
    )


@given(st.lists(any_scenario(), min_size=1, max_size=4, unique_by=lambda scenario: scenario.id))
def test_what_is_written_reads_back_as_it_was(scenarios: list[Scenario]) -> None:
    content = json.dumps(scenario_file(scenarios), ensure_ascii=False).encode()
    assert parse_scenarios(content, factor_names=FACTORS) == tuple(scenarios)


def test_all_that_is_shipped_reads_back_and_no_id_is_there_twice() -> None:
    shipped = (*shipped_scenarios(), *shipped_replays())
    assert parse_scenarios(json.dumps(scenario_file(shipped)).encode(), factor_names=SHOCKED) == shipped


def test_one_scenario_is_read_as_in_a_file() -> None:
    for scenario in (*shipped_scenarios(), *shipped_replays()):
        assert parse_scenario(scenario_member(scenario), factor_names=SHOCKED) == scenario
    nothing_more = CRASH | {"description": "", "volatility": None}
    assert parse_scenario(nothing_more, factor_names=FACTORS).description == ""


def test_errors_of_one_scenario_have_places_in_it() -> None:
    wrong = CRASH | {"shocks": [{"factor": "Gold", "size": -2.0}, {"factor": "Market"}], "from": "2020-02-19"}
    with pytest.raises(InvalidScenariosError, match="The scenario has 4 errors") as refused:
        parse_scenario(wrong, factor_names=FACTORS, taken_ids=["crisis"])
    assert [place for place, _ in refused.value.faults] == ["shocks[0].factor", "shocks[0].size", "shocks[1]", ""]
    with pytest.raises(InvalidScenariosError, match="comes with SigmaSight"):
        parse_scenario(CRASH, factor_names=FACTORS, taken_ids=["crash"])


def test_errors_of_a_file_are_told_one_by_one_too() -> None:
    content = json.dumps({"scenarios": [CRASH | {"severity": "awful"}]}).encode()
    with pytest.raises(InvalidScenariosError) as refused:
        parse_scenarios(content, factor_names=FACTORS)
    assert refused.value.faults == (("scenarios[0].severity", "must be one of mild, moderate, severe, extreme"),)
