"""The instrument stage of factors: which sessions count for whom, lags of slow funds, yields; against least squares."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from sigmasight.domain.factor_facts import TENORS, Betas
from sigmasight.domain.factors import FACTORS, FactorDefinition, FactorProxy
from sigmasight.domain.market_data import BoolArray, DayArray, FloatArray, Market, Marks, Payouts, SplitRows
from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.risk.factor_facts import (
    WINDOW_SESSIONS,
    FactorWindow,
    describe_factors,
    estimate_betas,
    open_window,
)
from sigmasight.risk.return_panel import ReturnPanel, freeze_returns

NAN = np.nan
ALWAYS = date(1990, 1, 1)
ACTIVE = tuple(factor for factor in FACTORS if factor.active)
PROXY_IDS = {factor.proxies[0].symbol: at for at, factor in enumerate(ACTIVE)}
MARKET, SIZE = 0, 5
SYMBOL = 100  # the first instrument that is no proxy
DAYS: DayArray = np.busday_offset("2024-03-01", np.arange(WINDOW_SESSIONS + 2), roll="forward")
TEN_YEARS = 2


def draw_factors(seed: int = 0, sessions: int = WINDOW_SESSIONS + 1) -> FloatArray:
    """Returns of the seven proxies, each on the market and with something of its own."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0004, 0.01, sessions)
    slopes = np.array([1.0, 0.9, 1.1, 1.2, 0.95, 1.15, 0.7])
    own = rng.normal(0.0, 0.005, (sessions, 7)) * (np.arange(7) > 0)
    return np.asarray(market[:, None] * slopes + own)


def draw_yields(seed: int = 1) -> FloatArray:
    """Par yields of four tenors, each with its own steps, on the window's sessions and the two before."""
    steps = np.random.default_rng(seed).normal(0.0, 0.0006, (WINDOW_SESSIONS + 2, TENORS))
    return np.asarray(0.04 + np.cumsum(steps, axis=0))


def panel_of(factors: FloatArray, symbols: FloatArray | None = None) -> ReturnPanel:
    """Proxies with ids from 0, symbols with ids from 100."""
    others = np.empty((len(factors), 0)) if symbols is None else symbols
    ids = [*range(factors.shape[1]), *range(SYMBOL, SYMBOL + others.shape[1])]
    return ReturnPanel(np.array(ids), DAYS[1:], np.column_stack([factors, others]))


def window_of(
    panel: ReturnPanel,
    *,
    yields: FloatArray | None = None,
    factors: Sequence[FactorDefinition] = ACTIVE,
    proxy_ids: Mapping[str, int] = PROXY_IDS,
    market: Market = Market.LIVE,
) -> FactorWindow:
    told = draw_yields() if yields is None else yields
    return open_window(panel, told, market=market, factors=factors, proxy_ids=dict(proxy_ids))


def betas(panel: ReturnPanel, window: FactorWindow, *, funds: Sequence[int] = (), min_obs: int = 60) -> Betas:
    return estimate_betas(window, panel, np.isin(panel.instrument_id, funds), min_obs=min_obs)


def of_symbol(found: Betas, name: str, symbol: int = SYMBOL) -> FloatArray:
    return np.asarray(getattr(found, name)[found.instrument_id.tolist().index(symbol)])


def noise(seed: int, size: float = 0.004) -> FloatArray:
    return np.random.default_rng(seed).normal(0.0, size, WINDOW_SESSIONS + 1)


def least_squares(y: FloatArray, *variables: FloatArray) -> FloatArray:
    """Slopes of a regression with an intercept, over the sessions on which all is known."""
    x = np.column_stack(variables)
    known = ~(np.isnan(y) | np.isnan(x).any(axis=1))
    return np.asarray(np.linalg.lstsq(np.column_stack([np.ones(known.sum()), x[known]]), y[known], rcond=None)[0][1:])


# Proxies


def closes_of(instrument: int, returns: FloatArray, present: BoolArray) -> tuple[int, DayArray, FloatArray]:
    """Closes that make these returns, on some of the days."""
    levels = 100.0 * np.cumprod(1.0 + np.concatenate([[0.0], returns]))
    return instrument, DAYS[present], levels[present]


def frozen(*series: tuple[int, DayArray, FloatArray]) -> ReturnPanel:
    nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype="datetime64[D]"), np.empty(0)
    return freeze_returns(
        np.array([instrument for instrument, _, _ in series]),
        DAYS,
        closes=Marks(
            np.concatenate([np.full(len(days), instrument) for instrument, days, _ in series]),
            np.concatenate([days for _, days, _ in series]),
            np.concatenate([prices for _, _, prices in series]),
        ),
        splits=SplitRows(*nothing),
        payouts=Payouts(*nothing),
    )


def dated(*proxies: FactorProxy) -> tuple[FactorDefinition, ...]:
    """The market, and Size with dated proxies."""
    size = FactorDefinition("Size", 6, active=True, proxies=proxies)
    return ACTIVE[MARKET], size


CLOSED_AT = 150
CLOSED_ON: date = DAYS[CLOSED_AT].item()
OLD, NEW = FactorProxy("SLY", ALWAYS, CLOSED_ON), FactorProxy("IWM", CLOSED_ON)
CLOSED_IDS = {"SPY": 0, "SLY": 1, "IWM": 2}


def closed_panel(*, successor_from: int = 0) -> tuple[FloatArray, ReturnPanel]:
    """SLY has closes until the session before ``CLOSED_ON``, its successor from some session on."""
    returns = draw_factors()[:, [0, 5, 4]]
    day = np.arange(len(DAYS))
    present = (day >= 0, day < CLOSED_AT, day >= successor_from)
    return returns, frozen(*(closes_of(at, returns[:, at], here) for at, here in enumerate(present)))


def test_a_closed_proxy_is_replaced_within_the_window_and_each_return_is_of_its_own_closes() -> None:
    returns, panel = closed_panel(successor_from=CLOSED_AT - 1)
    window = window_of(panel, factors=dated(OLD, NEW), proxy_ids=CLOSED_IDS)
    # The panel's first return belongs to the second day; the window leaves one more out.
    until = CLOSED_AT - 1
    expected = np.concatenate([returns[:until, 1], returns[until:, 2]])[1:]
    np.testing.assert_allclose(window.returns[:, 1], expected, rtol=1e-9, atol=1e-14)
    assert window.proxies == ("SPY", "IWM")
    assert describe_factors(window).sessions == WINDOW_SESSIONS


def test_a_successor_without_a_close_before_its_first_day_costs_that_session() -> None:
    _, panel = closed_panel(successor_from=CLOSED_AT)
    window = window_of(panel, factors=dated(OLD, NEW), proxy_ids=CLOSED_IDS)
    assert np.flatnonzero(np.isnan(window.returns[:, 1])).tolist() == [CLOSED_AT - 2]
    assert describe_factors(window).sessions == WINDOW_SESSIONS - 1


def test_a_proxy_counts_from_its_first_day_until_the_day_before_its_last() -> None:
    returns, panel = closed_panel()
    early = FactorProxy("IWM", DAYS[40].item(), DAYS[60].item())
    window = window_of(panel, factors=dated(early), proxy_ids=CLOSED_IDS)
    known = np.flatnonzero(~np.isnan(window.returns[:, 1]))
    assert known.tolist() == list(range(38, 58))
    np.testing.assert_allclose(window.returns[known, 1], returns[known + 1, 2], rtol=1e-9, atol=1e-14)
    assert window.proxies == ("SPY", "")


def test_the_same_closes_under_one_name_or_two_make_the_same_factors() -> None:
    returns = draw_factors()[:, [0, 5, 5]]
    everything = np.ones(len(DAYS), dtype=np.bool_)
    panel = frozen(*(closes_of(at, returns[:, at], everything) for at in range(3)))
    whole = describe_factors(window_of(panel, factors=dated(FactorProxy("SLY", ALWAYS)), proxy_ids=CLOSED_IDS))
    changed = describe_factors(window_of(panel, factors=dated(OLD, NEW), proxy_ids=CLOSED_IDS))
    np.testing.assert_allclose(changed.covariance, whole.covariance, rtol=1e-9)


def test_of_two_proxies_in_force_the_one_that_is_named_is_the_one_that_counts() -> None:
    returns, panel = closed_panel()
    window = window_of(panel, factors=dated(FactorProxy("SLY", ALWAYS), NEW), proxy_ids=CLOSED_IDS)
    named = CLOSED_IDS[window.proxies[1]]
    known = slice(CLOSED_AT, None)
    np.testing.assert_allclose(window.returns[known, 1], returns[1:][known, named], rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("gone", [SIZE, MARKET])
def test_a_session_on_which_a_proxy_has_no_price_and_the_next_count_for_nobody(gone: int) -> None:
    factors = draw_factors()
    symbols = np.column_stack([1.2 * factors[:, 0] + noise(5), 0.5 * factors[:, 0] + noise(6)])
    factors[[101, 102], gone] = NAN
    panel = panel_of(factors, symbols)
    window = window_of(panel)
    found = betas(panel, window)
    assert describe_factors(window).sessions == WINDOW_SESSIONS - 2
    assert found.n_obs.tolist() == [WINDOW_SESSIONS - 2] * 9
    assert found.reasons.tolist() == [Reason.SHORT_HISTORY] * 9
    # For yields the market alone is held still.
    assert (found.yield_n_obs[7:] == WINDOW_SESSIONS - 2 * (gone == MARKET)).all()
    market_beta = least_squares(np.where(np.isnan(factors[1:]).any(axis=1), NAN, symbols[1:, 0]), factors[1:, 0])
    assert of_symbol(found, "loading")[0] == pytest.approx(market_beta[0], abs=0.02)


@pytest.mark.parametrize("known", [True, False], ids=["without closes", "without an instrument"])
def test_a_factor_without_any_price_is_not_usable_and_the_others_stand(*, known: bool) -> None:
    factors = draw_factors()
    symbol = 1.2 * factors[:, 0] + noise(5)
    factors[:, SIZE] = NAN
    panel = panel_of(factors, symbol[:, None])
    ids = {name: at for name, at in PROXY_IDS.items() if known or at != SIZE}
    window = window_of(panel, proxy_ids=ids)
    found = betas(panel, window)
    assert describe_factors(window).usable.tolist() == [at != SIZE for at in range(7)]
    assert of_symbol(found, "reasons") == Reason.NONE
    assert np.isnan(of_symbol(found, "loading")).tolist() == [at == SIZE for at in range(7)]
    assert of_symbol(found, "loading")[0] == pytest.approx(least_squares(symbol[1:], factors[1:, 0])[0], rel=1e-9)


@pytest.mark.parametrize("known", [True, False], ids=["without closes", "without an instrument"])
def test_without_the_market_everybody_has_no_history(*, known: bool) -> None:
    factors = draw_factors()
    symbol = 1.2 * factors[:, 0] + noise(5)
    factors[:, MARKET] = NAN
    panel = panel_of(factors, symbol[:, None])
    ids = {name: at for name, at in PROXY_IDS.items() if known or at != MARKET}
    window = window_of(panel, proxy_ids=ids)
    described, found = describe_factors(window), betas(panel, window, funds=[SYMBOL])
    assert not described.usable.any()
    assert described.sessions == 0
    assert np.isnan(described.market_yield_slope).all()
    assert found.reasons.tolist() == [Reason.NO_HISTORY] * 8
    for name in ("loading", "hac_error", "t_statistic", "residual_volatility", "r_squared", "yield_beta"):
        assert np.isnan(getattr(found, name)).all(), name
    assert not found.lagged.any()
    assert (found.yield_reasons & int(BLOCKING)).all()


def test_a_funds_row_is_its_factors_unit_row() -> None:
    """Market: 1 and nothing else. A style: its slope on the market, and 1 beyond it."""
    panel = panel_of(draw_factors())
    window = window_of(panel)
    found = betas(panel, window)
    expected = np.eye(7)
    expected[:, 0] = window.basis.market_slopes
    np.testing.assert_allclose(found.loading, expected, atol=1e-12)
    assert np.isnan(found.t_statistic).all()  # the fit is exact


# How many sessions


@pytest.mark.parametrize("from_the_end", [False, True])
@pytest.mark.parametrize(
    ("observed", "reason"),
    [
        (0, Reason.NO_HISTORY),
        (59, Reason.NO_HISTORY),
        (60, Reason.SHORT_HISTORY),
        (61, Reason.SHORT_HISTORY),
        (251, Reason.SHORT_HISTORY),
        (252, Reason.NONE),
    ],
)
def test_sixty_sessions_are_needed_and_252_are_whole(observed: int, reason: Reason, *, from_the_end: bool) -> None:
    factors = draw_factors()
    symbol = 1.3 * factors[:, 0] + noise(7)
    missing = slice(0, WINDOW_SESSIONS + 1 - observed) if from_the_end else slice(1 + observed, None)
    symbol[missing] = NAN
    panel = panel_of(factors, symbol[:, None])
    found = betas(panel, window_of(panel))
    assert of_symbol(found, "n_obs") == observed
    assert of_symbol(found, "reasons") == reason
    assert np.isfinite(of_symbol(found, "loading")).all() == (reason != Reason.NO_HISTORY)
    assert np.isfinite(of_symbol(found, "residual_volatility")) == (reason != Reason.NO_HISTORY)


def test_the_session_before_the_window_serves_the_lag_alone() -> None:
    factors = draw_factors()
    symbol = 1.3 * factors[:, 0] + noise(7)
    other = symbol.copy()
    other[0] = 0.5
    panel = panel_of(factors, np.column_stack([symbol, other]))
    found = betas(panel, window_of(panel))
    for field in fields(Betas)[1:]:
        np.testing.assert_array_equal(
            of_symbol(found, field.name), of_symbol(found, field.name, SYMBOL + 1), err_msg=field.name
        )


def test_fewer_than_twenty_sessions_mean_nothing_whatever_the_setting() -> None:
    factors = draw_factors()
    symbol = 1.3 * factors[:, 0] + noise(7)
    symbol[21:] = NAN
    panel = panel_of(factors, symbol[:, None])
    window = window_of(panel)
    with pytest.raises(ValueError, match="min_obs is 19"):
        betas(panel, window, min_obs=19)
    found = betas(panel, window, min_obs=20)
    assert of_symbol(found, "n_obs") == 20
    assert np.isfinite(of_symbol(found, "loading")).all()
    assert of_symbol(found, "yield_reasons").tolist() == [Reason.NO_HISTORY] * TENORS  # these need 60 all the same


def test_what_stands_still_has_betas_of_nothing() -> None:
    factors = draw_factors()
    panel = panel_of(factors, np.zeros((len(factors), 1)))
    found = betas(panel, window_of(panel), funds=[SYMBOL])
    np.testing.assert_array_equal(of_symbol(found, "loading"), np.zeros(7))
    assert (of_symbol(found, "residual_volatility"), of_symbol(found, "reasons")) == (0.0, Reason.NONE)
    assert np.isnan(of_symbol(found, "r_squared"))


def test_betas_are_the_same_bits_in_any_company() -> None:
    factors = draw_factors()
    rng = np.random.default_rng(3)
    symbols = factors @ rng.normal(0.5, 0.5, (7, 5)) + rng.normal(0, 0.01, (len(factors), 5))
    symbols[rng.random(symbols.shape) < 0.1] = NAN
    panel = panel_of(factors, symbols)
    window = window_of(panel)
    whole = betas(panel, window, funds=[SYMBOL + 1, SYMBOL + 3])
    for at in range(12):
        alone = ReturnPanel(panel.instrument_id[[at]], panel.days, panel.returns[:, [at]])
        found = betas(alone, window, funds=[SYMBOL + 1, SYMBOL + 3])
        for field in fields(Betas):
            np.testing.assert_array_equal(getattr(found, field.name)[0], getattr(whole, field.name)[at])


def test_whose_numbers_they_are_is_marked() -> None:
    factors = draw_factors()
    panel = panel_of(factors, np.full((len(factors), 1), NAN))
    found = betas(panel, window_of(panel, market=Market.SIMULATED))
    assert of_symbol(found, "reasons") == Reason.SIMULATED | Reason.NO_HISTORY
    assert found.reasons[:7].tolist() == [Reason.SIMULATED] * 7
    assert (found.yield_reasons[:7] == Reason.SIMULATED).all()


# Slow funds


def slow(factors: FloatArray, *, on_the_day: float = 0.6, a_day_later: float = 0.4, size: float = 0.001) -> FloatArray:
    before = np.concatenate([[0.0], factors[:-1, 0]])
    return np.asarray(on_the_day * factors[:, 0] + a_day_later * before + noise(9, size))


def test_a_mutual_fund_that_follows_a_day_late_has_the_sum_of_both_slopes_and_a_stock_only_its_own() -> None:
    factors = draw_factors()
    panel = panel_of(factors, np.column_stack([slow(factors)] * 2))
    found = betas(panel, window_of(panel), funds=[SYMBOL])
    assert found.lagged.tolist() == [False] * 7 + [True, False]
    assert of_symbol(found, "loading")[0] == pytest.approx(1.0, abs=0.03)
    assert of_symbol(found, "loading", SYMBOL + 1)[0] == pytest.approx(0.6, abs=0.05)
    assert of_symbol(found, "residual_volatility") == pytest.approx(0.001, rel=0.15)
    assert of_symbol(found, "residual_volatility", SYMBOL + 1) > 0.003
    assert of_symbol(found, "n_obs") == WINDOW_SESSIONS


def test_the_sum_of_both_slopes_is_that_of_least_squares() -> None:
    """Of the market alone, where nothing is shrunk."""
    factors = draw_factors()[:, :1]
    panel = panel_of(factors, slow(factors)[:, None])
    found = betas(panel, window_of(panel, factors=ACTIVE[:1]), funds=[SYMBOL])
    expected = least_squares(panel.returns[1:, 1], factors[1:, 0], factors[:-1, 0])
    assert of_symbol(found, "lagged")
    assert of_symbol(found, "loading")[0] == pytest.approx(expected.sum(), rel=1e-11)
    assert of_symbol(found, "t_statistic")[0] == pytest.approx(
        of_symbol(found, "loading")[0] / of_symbol(found, "hac_error")[0], rel=1e-12
    )


def test_a_mutual_fund_that_follows_on_the_day_is_fitted_as_any_other() -> None:
    factors = draw_factors()
    panel = panel_of(factors, np.column_stack([slow(factors, a_day_later=0.0)] * 2))
    found = betas(panel, window_of(panel), funds=[SYMBOL])
    assert not found.lagged.any()
    for field in fields(Betas)[1:]:
        np.testing.assert_array_equal(
            of_symbol(found, field.name), of_symbol(found, field.name, SYMBOL + 1), err_msg=field.name
        )


@pytest.mark.parametrize(("a_day_later", "lagged"), [(0.02, False), (0.4, True), (-0.4, True)])
def test_a_lag_counts_where_it_is_three_errors_from_nothing(a_day_later: float, *, lagged: bool) -> None:
    factors = draw_factors()
    panel = panel_of(factors, slow(factors, a_day_later=a_day_later, size=0.01)[:, None])
    found = betas(panel, window_of(panel), funds=[SYMBOL])
    assert of_symbol(found, "lagged") == lagged


def test_the_session_after_one_without_the_market_does_not_tell_a_lag() -> None:
    factors = draw_factors()
    fund = slow(factors)
    factors[100, 0] = NAN
    panel = panel_of(factors, fund[:, None])
    found = betas(panel, window_of(panel), funds=[SYMBOL])
    assert of_symbol(found, "lagged")
    assert of_symbol(found, "n_obs") == WINDOW_SESSIONS - 2
    assert of_symbol(found, "reasons") == Reason.SHORT_HISTORY


def test_a_lag_that_fits_exactly_counts_too() -> None:
    factors = draw_factors()
    panel = panel_of(factors, slow(factors, size=0.0)[:, None])
    found = betas(panel, window_of(panel), funds=[SYMBOL])
    assert of_symbol(found, "lagged")
    assert of_symbol(found, "exact")
    assert of_symbol(found, "loading")[0] == pytest.approx(1.0, abs=1e-9)


# Yields


def test_what_moves_with_a_yield_alone_has_minus_its_duration() -> None:
    yields = draw_yields()
    change = np.diff(yields, axis=0)
    factors = draw_factors()
    panel = panel_of(factors, -7.0 * change)
    found = betas(panel, window_of(panel, yields=yields))
    for tenor in range(TENORS):
        assert of_symbol(found, "yield_beta", SYMBOL + tenor)[tenor] == pytest.approx(-7.0, rel=1e-10)
    assert (found.yield_n_obs == WINDOW_SESSIONS).all()
    assert (found.yield_reasons == Reason.NONE).all()


def test_the_market_is_held_still_though_it_moves_with_the_yield() -> None:
    yields, factors = draw_yields(), draw_factors()
    change = np.diff(yields, axis=0)[:, TEN_YEARS]
    factors[:, MARKET] += 3.0 * change
    panel = panel_of(factors, (-7.0 * change + 1.2 * factors[:, MARKET])[:, None])
    found = betas(panel, window_of(panel, yields=yields))
    assert of_symbol(found, "yield_beta")[TEN_YEARS] == pytest.approx(-7.0, rel=1e-10)


def test_a_yield_beta_with_noise_is_that_of_least_squares() -> None:
    yields, factors = draw_yields(), draw_factors()
    change = np.diff(yields, axis=0)
    symbol = -4.0 * change[:, TEN_YEARS] + 0.3 * factors[:, MARKET] + noise(11)
    symbol[30:50] = NAN
    panel = panel_of(factors, symbol[:, None])
    found = betas(panel, window_of(panel, yields=yields))
    for tenor in range(TENORS):
        expected = least_squares(symbol[1:], change[1:, tenor], factors[1:, MARKET])[0]
        assert of_symbol(found, "yield_beta")[tenor] == pytest.approx(expected, rel=1e-9)
    assert of_symbol(found, "yield_n_obs").tolist() == [WINDOW_SESSIONS - 20] * TENORS


def test_on_bond_holidays_there_is_no_yield_and_two_changes_are_lost() -> None:
    yields, factors = draw_yields(), draw_factors()
    change = np.diff(yields, axis=0)[:, TEN_YEARS]
    panel = panel_of(factors, (-7.0 * change)[:, None])
    yields[[40, 150, 151]] = NAN  # one holiday alone, and two in a row
    yields[200, TEN_YEARS] = NAN  # and a day without one series
    found = betas(panel, window_of(panel, yields=yields))
    assert of_symbol(found, "yield_n_obs").tolist() == [247, 247, 245, 247]
    assert of_symbol(found, "yield_beta")[TEN_YEARS] == pytest.approx(-7.0, rel=1e-10)
    assert of_symbol(found, "n_obs") == WINDOW_SESSIONS


def test_a_bond_holiday_at_either_end_of_the_window() -> None:
    factors = draw_factors()
    panel = panel_of(factors, noise(3)[:, None])
    for day, lost in ((0, 0), (1, 1), (WINDOW_SESSIONS + 1, 1)):
        yields = draw_yields()
        yields[day] = NAN
        found = betas(panel, window_of(panel, yields=yields))
        assert (of_symbol(found, "yield_n_obs") == WINDOW_SESSIONS - lost).all(), day


@pytest.mark.parametrize(
    ("observed", "reason"),
    [
        (0, Reason.NO_HISTORY),
        (59, Reason.NO_HISTORY),
        (60, Reason.SHORT_HISTORY),
        (89, Reason.SHORT_HISTORY),
        (90, Reason.NONE),
    ],
)
def test_yields_need_sixty_days_and_ninety_are_enough(observed: int, reason: Reason) -> None:
    yields, factors = draw_yields(), draw_factors()
    fund = -7.0 * np.diff(yields, axis=0)[:, TEN_YEARS]
    fund[: WINDOW_SESSIONS + 1 - observed] = NAN
    panel = panel_of(factors, fund[:, None])
    found = betas(panel, window_of(panel, yields=yields))
    assert of_symbol(found, "yield_n_obs").tolist() == [observed] * TENORS
    assert of_symbol(found, "yield_reasons").tolist() == [reason] * TENORS
    assert np.isnan(of_symbol(found, "yield_beta")).all() == (reason == Reason.NO_HISTORY)


def test_without_any_yield_there_is_no_rate_but_for_what_has_no_history_either() -> None:
    factors = draw_factors()
    symbols = np.column_stack([noise(3), np.full(len(factors), NAN)])
    panel = panel_of(factors, symbols)
    window = window_of(panel, yields=np.full((WINDOW_SESSIONS + 2, TENORS), NAN))
    found = betas(panel, window)
    assert (found.yield_reasons[:8] == Reason.NO_RATE).all()
    assert of_symbol(found, "yield_reasons", SYMBOL + 1).tolist() == [Reason.NO_HISTORY] * TENORS
    assert np.isnan(found.yield_beta).all()
    described = describe_factors(window)
    assert np.isnan(described.market_yield_slope).all()
    assert described.yield_sessions.tolist() == [0] * TENORS


def test_one_series_that_is_missing_is_one_beta_that_is_missing() -> None:
    yields, factors = draw_yields(), draw_factors()
    yields[:, 0] = NAN
    panel = panel_of(factors, noise(3)[:, None])
    found = betas(panel, window_of(panel, yields=yields))
    assert of_symbol(found, "yield_reasons").tolist() == [Reason.NO_RATE, 0, 0, 0]


def test_without_the_market_yields_are_there_but_no_history() -> None:
    factors = draw_factors()
    factors[:, MARKET] = NAN
    panel = panel_of(factors, noise(3)[:, None])
    found = betas(panel, window_of(panel))
    assert of_symbol(found, "yield_reasons").tolist() == [Reason.NO_HISTORY] * TENORS


# The factors themselves


def test_the_markets_slope_on_a_yield_by_hand() -> None:
    yields, factors = draw_yields(), draw_factors()
    factors[:, MARKET] += 2.5 * np.diff(yields, axis=0)[:, TEN_YEARS]
    yields[77] = NAN
    found = describe_factors(window_of(panel_of(factors), yields=yields))
    change, market = np.diff(yields, axis=0)[1:], factors[1:, MARKET]
    for tenor in range(TENORS):
        known = ~np.isnan(change[:, tenor])
        x, y = change[known, tenor], market[known]
        slope = sum((x - x.mean()) * (y - y.mean())) / sum((x - x.mean()) ** 2)
        assert found.market_yield_slope[tenor] == pytest.approx(slope, rel=1e-10)
    assert found.yield_sessions.tolist() == [WINDOW_SESSIONS - 2] * TENORS


@pytest.mark.parametrize(("days", "known"), [(59, False), (60, True)])
def test_the_markets_slope_needs_sixty_days(days: int, *, known: bool) -> None:
    yields = draw_yields()
    yields[: WINDOW_SESSIONS + 1 - days] = NAN
    found = describe_factors(window_of(panel_of(draw_factors()), yields=yields))
    assert found.yield_sessions.tolist() == [days] * TENORS
    assert np.isfinite(found.market_yield_slope).all() == known


def test_the_basis_is_described_over_the_window_alone() -> None:
    factors = draw_factors()
    factors[0] = 9.0  # serves the lag
    found = describe_factors(window_of(panel_of(factors)))
    market, styles = factors[1:, 0], factors[1:, 1:]
    slopes = np.array([np.cov(style, market)[0, 1] for style in styles.T]) / market.var(ddof=1)
    np.testing.assert_allclose(found.market_slopes[1:], slopes, rtol=1e-10)
    basis = np.column_stack([market, styles - slopes * market[:, None]])
    np.testing.assert_allclose(found.covariance, np.cov(basis, rowvar=False), rtol=1e-9, atol=1e-18)
    assert (found.sessions, found.window_sessions) == (WINDOW_SESSIONS, WINDOW_SESSIONS)
    assert found.as_of == DAYS[-1].item()
    assert found.names == tuple(factor.name for factor in ACTIVE)
    assert found.proxies == ("SPY", "VTV", "VUG", "MTUM", "QUAL", "SLY", "USMV")
