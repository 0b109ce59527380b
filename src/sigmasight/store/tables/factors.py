"""What the night finds out about factors and instruments' betas, and what it makes of portfolios with it."""

from sqlalchemy import ARRAY, Boolean, CheckConstraint, Column, Double, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import SchemaItem

from sigmasight.store.tables.columns import (
    day,
    finite,
    instrument,
    known_market,
    market,
    metadata,
    not_negative,
    owner,
    required_text,
    vendor_number,
)
from sigmasight.store.tables.people import owned_portfolio


def _numbers(name: str) -> Column[list[float]]:
    """Numbers of factors, yields or scenarios, in the order of the row's names; NULL where not known."""
    return Column(name, ARRAY(Double), nullable=False)


def _words(name: str) -> Column[list[str]]:
    return Column(name, ARRAY(Text), nullable=False)


def _finite_arrays(*names: str) -> list[CheckConstraint]:
    """No NaN and no infinity; these are above or below every number, which ``ALL`` with NULLs leaves undecided."""
    return [
        CheckConstraint(
            f"'Infinity' > ALL ({name}) IS NOT FALSE AND '-Infinity' < ALL ({name}) IS NOT FALSE", name=name
        )
        for name in names
    ]


factor_correlations = Table(
    "factor_correlations",
    metadata,
    market(),
    day("as_of"),
    _words("names"),
    _words("proxies"),
    Column("sessions", Integer, nullable=False),  # of the window, that count
    Column("window_sessions", Integer, nullable=False),
    _numbers("market_slopes"),
    _numbers("covariance"),  # row by row, as the next two
    _numbers("correlation"),
    _numbers("capped_correlation"),
    _numbers("volatility"),
    _numbers("variance_inflation"),
    vendor_number("condition_number"),
    _numbers("market_yield_slope"),  # per 1.00 of the 3M, 2Y, 10Y and 30Y yields
    Column("yield_sessions", ARRAY(Integer), nullable=False),
    known_market(),
    *_finite_arrays("market_slopes", "covariance", "correlation", "capped_correlation", "volatility"),
    *_finite_arrays("variance_inflation", "market_yield_slope"),
)

instrument_betas = Table(
    "instrument_betas",
    metadata,
    market(),
    instrument(),
    day("as_of"),
    _numbers("loading"),  # by factor, in the order of the session's names
    _numbers("posterior_error"),
    _numbers("plain_error"),
    _numbers("hac_error"),
    _numbers("t_statistic"),
    vendor_number("r_squared"),
    vendor_number("residual_volatility"),  # daily
    Column("n_obs", Integer, nullable=False),
    Column("lagged", Boolean, nullable=False),  # a fund's market loading adds that on the session before
    Column("exact", Boolean, nullable=False),  # nothing is left over: t is NULL, exact_fit
    _words("reasons"),
    _numbers("yield_beta"),  # per 1.00 of the 3M, 2Y, 10Y and 30Y yields
    _numbers("yield_error"),
    Column("yield_n_obs", ARRAY(Integer), nullable=False),
    _words("yield_reasons"),  # of each yield, joined by a comma
    known_market(),
    *_finite_arrays(
        "loading", "posterior_error", "plain_error", "hac_error", "t_statistic", "yield_beta", "yield_error"
    ),
    *finite("r_squared"),
    *not_negative("residual_volatility"),
)
Index("instrument_betas_as_of", instrument_betas.c.market, instrument_betas.c.as_of)


def _result(name: str, *columns: SchemaItem) -> Table:
    """A table with one row for each portfolio and session."""
    return Table(
        name,
        metadata,
        Column("portfolio_id", Uuid, primary_key=True),
        owner(),
        day("as_of"),
        required_text("method"),
        *columns,
        Column("reasons", JSONB, nullable=False),  # {name: [reason]} of every number that is missing
        _words("marks"),
        Column("not_included", JSONB, nullable=False),  # [{symbol, reason}]
        owned_portfolio(),
    )


factor_exposures = _result(
    "factor_exposures",
    _words("factors"),
    _numbers("exposure"),  # USD
    _numbers("beta"),  # exposure / NAV
    _numbers("risk_share"),
    vendor_number("specific_share"),
    vendor_number("volatility"),  # USD a day
    vendor_number("coverage", nullable=False),
    *_finite_arrays("exposure", "beta", "risk_share"),
    *finite("specific_share"),
    *not_negative("volatility"),
    CheckConstraint("coverage >= 0 AND coverage <= 1", name="coverage"),
)
Index("factor_exposures_as_of", factor_exposures.c.as_of)


def _scenario_results(name: str) -> Table:
    return _result(
        name,
        _words("scenarios"),
        _numbers("direct"),  # USD
        _numbers("correlated"),  # USD
        _numbers("coverage"),
        *_finite_arrays("direct", "correlated", "coverage"),
    )


market_risk_scenarios = _scenario_results("market_risk_scenarios")
Index("market_risk_scenarios_as_of", market_risk_scenarios.c.as_of)

stress_test_results = _scenario_results("stress_test_results")
Index("stress_test_results_as_of", stress_test_results.c.as_of)
