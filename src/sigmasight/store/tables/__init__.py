"""The declared tables: what the migrations must add up to."""

from sigmasight.store.tables.access import api_keys, login_failures, refresh_tokens, sessions
from sigmasight.store.tables.books import portfolio_snapshots, position_tags, positions
from sigmasight.store.tables.columns import metadata
from sigmasight.store.tables.factors import (
    factor_correlations,
    factor_exposures,
    instrument_betas,
    market_risk_scenarios,
    stress_test_results,
)
from sigmasight.store.tables.market import (
    asked_ranges,
    confirmed_jumps,
    dividends,
    fund_holdings,
    late_rows,
    option_quotes,
    prices,
    provider_usage,
    rates,
    refused_rows,
    splits,
)
from sigmasight.store.tables.master import (
    factor_definitions,
    factor_proxies,
    instrument_aliases,
    instruments,
    stress_test_scenarios,
    trading_calendar,
    trading_sessions,
)
from sigmasight.store.tables.night import batch_runs, batch_steps
from sigmasight.store.tables.options import option_analytics
from sigmasight.store.tables.people import (
    audit_log,
    idempotency_keys,
    import_previews,
    imports,
    portfolio_settings,
    portfolios,
    statements,
    tags,
    users,
)
from sigmasight.store.tables.risk import correlation_calculations, value_at_risk

__all__ = [
    "api_keys",
    "asked_ranges",
    "audit_log",
    "batch_runs",
    "batch_steps",
    "confirmed_jumps",
    "correlation_calculations",
    "dividends",
    "factor_correlations",
    "factor_definitions",
    "factor_exposures",
    "factor_proxies",
    "fund_holdings",
    "idempotency_keys",
    "import_previews",
    "imports",
    "instrument_aliases",
    "instrument_betas",
    "instruments",
    "late_rows",
    "login_failures",
    "market_risk_scenarios",
    "metadata",
    "option_analytics",
    "option_quotes",
    "portfolio_settings",
    "portfolio_snapshots",
    "portfolios",
    "position_tags",
    "positions",
    "prices",
    "provider_usage",
    "rates",
    "refresh_tokens",
    "refused_rows",
    "sessions",
    "splits",
    "statements",
    "stress_test_results",
    "stress_test_scenarios",
    "tags",
    "trading_calendar",
    "trading_sessions",
    "users",
    "value_at_risk",
]
