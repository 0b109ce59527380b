"""Options against the libraries that people would use instead, on the same contracts in one run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np
import QuantLib as ql  # noqa: N813 - as everybody writes it
from scipy.special import ndtr
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.greeks import analytical
from vollib.black_scholes_merton.implied_volatility import implied_volatility as vollib_volatility

import sigmasight as ss
from benchmarks.measure import Measured, in_turn
from sigmasight.domain.market_data import BoolArray, FloatArray
from sigmasight.domain.options import OptionInputs
from sigmasight.engines.european import value_european

_TODAY = ql.Date(2, 1, 2026)
_BARE_BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Contracts:
    """N contracts with whole days to expiry."""

    spot: FloatArray
    strike: FloatArray
    days: FloatArray
    rate: FloatArray
    dividend_yield: FloatArray
    volatility: FloatArray
    is_call: BoolArray

    def first(self, count: int) -> "Contracts":
        """The first of them."""
        return Contracts(*(getattr(self, field.name)[:count] for field in fields(self)))

    def arguments(self) -> dict[str, FloatArray | BoolArray]:
        """As the library takes them, without the volatility."""
        return {
            "spot": self.spot,
            "strike": self.strike,
            "tau_years": self.days / 365.0,
            "rate": self.rate,
            "dividend_yield": self.dividend_yield,
            "is_call": self.is_call,
        }


def measure_options() -> Iterator[Measured]:
    """The lines of options."""
    yield from _european()
    yield _american()
    yield from _implied()


def _european() -> Iterator[Measured]:
    many = _random(1_000_000)
    inputs = OptionInputs(**many.arguments(), volatility=many.volatility)  # type: ignore[arg-type]
    what = "1,000,000 European options: price and five Greeks"
    taken, ratio = in_turn(lambda: value_european(inputs), lambda: _bare(many))
    yield Measured(what, taken, "bare numpy in blocks", f"{1 / ratio:.2f} x its time", "under 2 x")
    loop = _quantlib_loop(many.first(10_000), european=True)
    taken, ratio = in_turn(lambda: value_european(inputs), loop, share=0.01)
    yield Measured(what, taken, "QuantLib's engine in a loop", f"{ratio:.0f} x faster", "at least 10 x")
    taken, ratio = in_turn(lambda: value_european(inputs), lambda: _vollib_loop(many.first(2_000)), share=0.002)
    yield Measured(what, taken, "vollib in a loop", f"{ratio:.0f} x faster", "at least 10 x")


def _american() -> Measured:
    some = _random(10_000)
    arguments = some.arguments() | {"volatility": some.volatility}
    loop = _quantlib_loop(some.first(1_000), european=False)
    taken, ratio = in_turn(lambda: ss.greeks(**arguments), loop, share=0.1)
    what = "10,000 American options within 2e-5 of the strike: price and five Greeks"
    against = "QuantLib's fast engine (QdFp), five prices on reused objects"
    return Measured(what, taken, against, f"{ratio:.1f} x faster", "at least 5 x")


def _implied() -> Iterator[Measured]:
    some = _random(10_000)
    for style, against in (("european", "vollib in a loop"), ("american", "QuantLib's fast engine (QdFp) in a loop")):
        price = ss.greeks(**some.arguments(), volatility=some.volatility, style=style).price
        known = ss.implied_volatility(price=price, **some.arguments(), style=style).status == "ok"
        told = Contracts(*(getattr(some, field.name)[known] for field in fields(some)))
        prices, few = price[known], told.first(500)
        other = _vollib_roots(few, prices) if style == "european" else _quantlib_roots(few, prices)
        taken, ratio = in_turn(
            lambda t=told, p=prices, s=style: ss.implied_volatility(price=p, **t.arguments(), style=s),  # type: ignore[misc]
            other,
            share=len(few.spot) / len(told.spot),
        )
        yield Measured(f"10,000 prices, {style}: implied volatilities", taken, against, f"{ratio:.1f} x faster", "-")


def _random(count: int) -> Contracts:
    random = np.random.default_rng(11)
    return Contracts(
        spot=np.full(count, 100.0),
        strike=100.0 * np.exp(random.normal(0.0, 0.15, count)),
        days=random.integers(7, 730, count).astype(np.float64),
        rate=random.uniform(0.005, 0.06, count),
        dividend_yield=random.uniform(0.005, 0.04, count),
        volatility=random.uniform(0.1, 0.7, count),
        is_call=random.integers(0, 2, count).astype(np.bool_),
    )


def _bare(contracts: Contracts) -> FloatArray:
    """Price and five Greeks as one would write them down, in blocks."""
    out = np.empty((6, len(contracts.spot)))
    for at in range(0, len(contracts.spot), _BARE_BLOCK):
        rows = slice(at, at + _BARE_BLOCK)
        s, k, t = contracts.spot[rows], contracts.strike[rows], contracts.days[rows] / 365.0
        r, q, v = contracts.rate[rows], contracts.dividend_yield[rows], contracts.volatility[rows]
        w, root = np.where(contracts.is_call[rows], 1.0, -1.0), np.sqrt(t)
        d1 = (np.log(s / k) + (r - q + 0.5 * v * v) * t) / (v * root)
        kept, bond = np.exp(-q * t), k * np.exp(-r * t)
        n1, n2 = w * ndtr(w * d1), w * ndtr(w * (d1 - v * root))
        density = np.exp(-0.5 * d1 * d1) / np.sqrt(2.0 * np.pi)
        out[0, rows] = s * kept * n1 - bond * n2
        out[1, rows] = kept * n1
        out[2, rows] = kept * density / (s * v * root)
        out[3, rows] = -s * kept * density * v / (2.0 * root) - r * bond * n2 + q * s * kept * n1
        out[4, rows] = s * kept * density * root
        out[5, rows] = t * bond * n2
    return out


@dataclass(frozen=True, slots=True)
class _Desk:
    """QuantLib's objects, made once: only quotes change."""

    spot: ql.SimpleQuote
    rate: ql.SimpleQuote
    dividend_yield: ql.SimpleQuote
    volatility: ql.SimpleQuote
    process: ql.BlackScholesMertonProcess

    @classmethod
    def made(cls) -> "_Desk":
        ql.Settings.instance().evaluationDate = _TODAY
        spot, rate, dividend_yield, volatility = (ql.SimpleQuote(value) for value in (100.0, 0.03, 0.01, 0.2))
        flat = [
            ql.YieldTermStructureHandle(ql.FlatForward(_TODAY, ql.QuoteHandle(quote), ql.Actual365Fixed()))
            for quote in (dividend_yield, rate)
        ]
        smile = ql.BlackConstantVol(_TODAY, ql.NullCalendar(), ql.QuoteHandle(volatility), ql.Actual365Fixed())
        surface = ql.BlackVolTermStructureHandle(smile)
        process = ql.BlackScholesMertonProcess(ql.QuoteHandle(spot), flat[0], flat[1], surface)
        return cls(spot, rate, dividend_yield, volatility, process)

    def options(self, contracts: Contracts, engine: ql.PricingEngine, *, european: bool) -> list[ql.VanillaOption]:
        """One option for each contract."""
        made = []
        for is_call, strike, days in zip(contracts.is_call, contracts.strike, contracts.days, strict=True):
            payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, float(strike))
            expiry = _TODAY + int(days)
            exercise = ql.EuropeanExercise(expiry) if european else ql.AmericanExercise(_TODAY, expiry)
            made.append(ql.VanillaOption(payoff, exercise))
            made[-1].setPricingEngine(engine)
        return made


def _quantlib_loop(contracts: Contracts, *, european: bool) -> Callable[[], object]:
    desk = _Desk.made()
    fast = ql.QdFpAmericanEngine.fastScheme()
    engine = ql.AnalyticEuropeanEngine(desk.process) if european else ql.QdFpAmericanEngine(desk.process, fast)
    options = desk.options(contracts, engine, european=european)
    columns = (contracts.spot, contracts.rate, contracts.dividend_yield, contracts.volatility)
    markets = list(zip(*(column.tolist() for column in columns), strict=True))

    def run() -> None:
        for option, (spot, rate, dividend_yield, volatility) in zip(options, markets, strict=True):
            desk.spot.setValue(spot)
            desk.rate.setValue(rate)
            desk.dividend_yield.setValue(dividend_yield)
            desk.volatility.setValue(volatility)
            option.NPV()
            if european:
                option.delta(), option.gamma(), option.theta(), option.vega(), option.rho()
            else:
                _bump(option, desk.spot, spot * 1.001, spot * 0.999, spot)
                _bump(option, desk.volatility, volatility + 1e-4, volatility)
                _bump(option, desk.rate, rate + 1e-4, rate)

    return run


def _bump(option: ql.VanillaOption, quote: ql.SimpleQuote, *values: float) -> None:
    """Price at some values of a quote but the last, which is set back."""
    for value in values[:-1]:
        quote.setValue(value)
        option.NPV()
    quote.setValue(values[-1])


def _vollib_loop(contracts: Contracts) -> None:
    greeks = (analytical.delta, analytical.gamma, analytical.theta, analytical.vega, analytical.rho)
    for flag, s, k, t, r, q, v in _rows(contracts):
        black_scholes_merton(flag, s, k, t, r, v, q)
        for greek in greeks:
            greek(flag, s, k, t, r, v, q)


def _vollib_roots(contracts: Contracts, price: FloatArray) -> Callable[[], object]:
    rows = list(zip(_rows(contracts), price.tolist(), strict=False))
    return lambda: [vollib_volatility(p, s, k, t, r, q, flag) for (flag, s, k, t, r, q, _), p in rows]


def _quantlib_roots(contracts: Contracts, price: FloatArray) -> Callable[[], object]:
    desk = _Desk.made()
    engine = ql.QdFpAmericanEngine(desk.process, ql.QdFpAmericanEngine.fastScheme())
    options = desk.options(contracts, engine, european=False)
    rows = list(zip(options, _rows(contracts), price.tolist(), strict=False))

    def run() -> None:
        for option, (_, spot, _, _, rate, dividend_yield, _), wanted in rows:
            desk.spot.setValue(spot)
            desk.rate.setValue(rate)
            desk.dividend_yield.setValue(dividend_yield)
            low, high = 1e-4, 10.0
            volatility = ql.Brent().solve(
                lambda at, o=option, w=wanted: desk.volatility.setValue(at) or o.NPV() - w, 1e-8, 0.3, low, high
            )
            desk.volatility.setValue(volatility)

    return run


def _rows(contracts: Contracts) -> Iterator[tuple[str, float, float, float, float, float, float]]:
    columns = (contracts.spot, contracts.strike, contracts.days / 365.0, contracts.rate, contracts.dividend_yield)
    numbers = zip(*(column.tolist() for column in (*columns, contracts.volatility)), strict=True)
    for is_call, row in zip(contracts.is_call.tolist(), numbers, strict=True):
        yield ("c" if is_call else "p", *row)
