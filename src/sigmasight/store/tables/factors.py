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


def numbers(name: str) -> Column[list[float]]:
    """Numbers of factors, yields or scenarios, in the order of the row's names; NULL where not known."""
    return Column(name, ARRAY(Double), nullable=False)


def words(name: str) -> Column[list[str]]:
    """A list of words."""
    return Column(name, ARRAY(Text), nullable=False)


def finite_arrays(*names: str) -> list[CheckConstraint]:
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
    words("names"),
    words("proxies"),
    Column("sessions", Integer, nullable=False),  # of the window, that count
    Column("window_sessions", Integer, nullable=False),
    numbers("market_slopes"),
    numbers("covariance"),  # row by row, as the next two
    numbers("correlation"),
    numbers("capped_correlation"),
    numbers("volatility"),
    numbers("variance_inflation"),
    vendor_number("condition_number"),
    numbers("market_yield_slope"),  # per 1.00 of the 3M, 2Y, 10Y and 30Y yields
    Column("yield_sessions", ARRAY(Integer), nullable=False),
    known_market(),
    *finite_arrays("market_slopes", "covariance", "correlation", "capped_correlation", "volatility"),
    *finite_arrays("variance_inflation", "market_yield_slope"),
)

instrument_betas = Table(
    "instrument_betas",
    metadata,
    market(),
    instrument(),
    day("as_of"),
    numbers("loading"),  # by factor, in the order of the session's names
    numbers("posterior_error"),
    numbers("plain_error"),
    numbers("hac_error"),
    numbers("t_statistic"),
    vendor_number("r_squared"),
    vendor_number("residual_volatility"),  # daily
    Column("n_obs", Integer, nullable=False),
    Column("lagged", Boolean, nullable=False),  # a fund's market loading adds that on the session before
    Column("exact", Boolean, nullable=False),  # nothing is left over: t is NULL, exact_fit
    words("reasons"),
    numbers("yield_beta"),  # per 1.00 of the 3M, 2Y, 10Y and 30Y yields
    numbers("yield_error"),
    Column("yield_n_obs", ARRAY(Integer), nullable=False),
    words("yield_reasons"),  # of each yield, joined by a comma
    known_market(),
    *finite_arrays(
        "loading", "posterior_error", "plain_error", "hac_error", "t_statistic", "yield_beta", "yield_error"
    ),
    *finite("r_squared"),
    *not_negative("residual_volatility"),
)
Index("instrument_betas_as_of", instrument_betas.c.market, instrument_betas.c.as_of)


def portfolio_result(name: str, *columns: SchemaItem) -> Table:
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
        words("marks"),
        Column("not_included", JSONB, nullable=False),  # [{symbol, reason}]
        owned_portfolio(),
    )


factor_exposures = portfolio_result(
    "factor_exposures",
    words("factors"),
    numbers("exposure"),  # USD
    numbers("beta"),  # exposure / NAV
    numbers("risk_share"),
    vendor_number("specific_share"),
    vendor_number("volatility"),  # USD a day
    vendor_number("coverage", nullable=False),
    *finite_arrays("exposure", "beta", "risk_share"),
    *finite("specific_share"),
    *not_negative("volatility"),
    CheckConstraint("coverage >= 0 AND coverage <= 1", name="coverage"),
)
Index("factor_exposures_as_of", factor_exposures.c.as_of)


def _scenario_results(name: str) -> Table:
    return portfolio_result(
        name,
        words("scenarios"),
        numbers("direct"),  # USD
        numbers("correlated"),  # USD
        numbers("coverage"),
        *finite_arrays("direct", "correlated", "coverage"),
    )


market_risk_scenarios = _scenario_results("market_risk_scenarios")
Index("market_risk_scenarios_as_of", market_risk_scenarios.c.as_of)

stress_test_results = _scenario_results("stress_test_results")
Index("stress_test_results_as_of", stress_test_results.c.as_of)
