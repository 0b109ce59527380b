"""The price of an option."""

from spec.answers import option, option_on_forward, option_with_dividends
from spec.page import Page, Table

EUROPEAN = Table(
    caption="European",
    check=option,
    note="By hand: N(0.1) = 0.53983.",
    rows="""
        spot | strike | years  | rate | yield | volatility | option        || price  || from
        42   | 40     | 0.5    | 10 % | 0 %   | 20 %       | European call || 4.76   || Hull, ch. 15
        42   | 40     | 0.5    | 10 % | 0 %   | 20 %       | European put  || 0.81   || Hull, ch. 15
        49   | 50     | 0.3846 | 5 %  | 0 %   | 20 %       | European call || 2.40   || Hull, ch. 19
        930  | 900    | 2/12   | 8 %  | 3 %   | 20 %       | European call || 51.83  || Hull, ch. 17
        60   | 65     | 0.25   | 8 %  | 0 %   | 30 %       | European call || 2.1334 || Haug, p. 2-8
        100  | 95     | 0.5    | 10 % | 5 %   | 20 %       | European put  || 2.4648 || Haug, p. 2-8
        100  | 100    | 1      | 0 %  | 0 %   | 20 %       | European call || 7.966  || 100 × (2 N(0.1) − 1)
    """,
)

AMERICAN = Table(
    caption="American",
    check=option,
    note="The last two: a call on what pays nothing is never exercised early, so it is worth what a European one is.",
    rows="""
        spot | strike | years | rate | yield | volatility | option        || price  || from
        40   | 35     | 0.2   | 5 %  | 0 %   | 20 %       | American put  || 0.078  || QuantLib
        40   | 40     | 0.2   | 5 %  | 0 %   | 20 %       | American put  || 1.263  || QuantLib
        40   | 45     | 0.2   | 5 %  | 0 %   | 20 %       | American put  || 5.011  || QuantLib
        40   | 35     | 0.6   | 5 %  | 0 %   | 40 %       | American put  || 2.195  || QuantLib
        40   | 40     | 0.6   | 5 %  | 0 %   | 40 %       | American put  || 4.396  || QuantLib
        40   | 45     | 0.6   | 5 %  | 0 %   | 40 %       | American put  || 7.419  || QuantLib
        50   | 50     | 5/12  | 10 % | 0 %   | 40 %       | American put  || 4.28   || Hull, ch. 21: 500 steps
        100  | 100    | 1     | 5 %  | 5 %   | 25 %       | European put  || 9.462  || QuantLib
        100  | 100    | 1     | 5 %  | 5 %   | 25 %       | American put  || 9.569  || Andersen et al.: 0.10695 more
        90   | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || 3.975  || QuantLib
        110  | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || 14.100 || QuantLib
        100  | 100    | 0.6   | -1 % | 2 %   | 30 %       | American put  || 10.147 || QuantLib
        100  | 100    | 1     | 5 %  | 0 %   | 20 %       | European call || 10.451 || QuantLib
        100  | 100    | 1     | 5 %  | 0 %   | 20 %       | American call || 10.451 || the same
    """,
)

DATED_DIVIDENDS = Table(
    caption="Dividends on known dates",
    check=option_with_dividends,
    note="""
        Each dividend is in USD per share, with the years until its ex-date; one after expiry changes nothing. Hull's
        example is of ch. 15, Haug's of the formula of Roll, Geske and Whaley.
    """,
    rows="""
        spot | strike | years | rate | volatility | dividends                      | option        || price || from
        40   | 40     | 6/12  | 9 %  | 30 %       | 0.5 after 2/12, 0.5 after 5/12 | European call || 3.67  || Hull
        80   | 82     | 4/12  | 6 %  | 30 %       | 4 after 3/12                   | European call || 3.51  || Haug
        80   | 82     | 4/12  | 6 %  | 30 %       | 4 after 3/12                   | American call || 4.386 || Haug
        100  | 100    | 0.6   | 5 %  | 25 %       | 1 after 0.2, 1 after 0.4       | European put  || 7.041 || QuantLib
        100  | 100    | 0.6   | 5 %  | 25 %       | 1 after 0.2, 1 after 0.4       | American put  || 7.29  || QuantLib
        150  | 150    | 0.4   | 5 %  | 20 %       | 5 after 0.2                    | American call || 6.98  || QuantLib
        42   | 40     | 0.5   | 10 % | 20 %       | 1 after 0.6                    | European call || 4.76  || too late
    """,
)

ON_FORWARD = Table(
    caption="On the forward of an index",
    check=option_on_forward,
    note="""
        Hull's example is of ch. 18 (there the forward is a futures price). Whatever the spot is, the price is the same;
        neither time nor the rate moves the forward: rho is −T times the price.
    """,
    rows="""
        spot|forward|strike| years | rate | volatility | option       || price | dollar delta | rho per 1 % || from
        60  | 60    | 60   | 4/12  | 9 %  | 25 %       | European put || 3.35  | -27.4        | -0.0112     || Hull
        50  | 60    | 60   | 4/12  | 9 %  | 25 %       | European put || 3.35  | -27.4        | -0.0112     || −3.35/3
    """,
)

EDGES = Table(
    caption="At the edges",
    check=option,
    rows="""
        spot | strike | years | rate | volatility | option        || price | status     || from
        100  | 90     | 1     | 5 %  | 0 %        | European call || 14.39 | ok         || 100 − 90 e^(−0.05)
        90   | 100    | 1     | 5 %  | 0 %        | European put  || 5.12  | ok         || 100 e^(−0.05) − 90
        0    | 100    | 1     | 5 %  | 20 %       | European put  || 95.12 | ok         || 100 e^(−0.05)
        75   | 100    | 0.5   | 5 %  | 20 %       | American put  || 25.00 | exercise   || 100 − 75
        110  | 100    | 0     | 5 %  | 20 %       | European call || 10.00 | expired    || 110 − 100
        100  | 100    | 0     | 5 %  | 20 %       | European call || 0.00  | expired    || 100 − 100
        100  | 100    | 1     | 5 %  | —          | European call || —     | not_finite || no volatility
    """,
)

PAGE = Page(
    name="option-price",
    title="Option price",
    definition="What the model says an option is worth, per share of its underlying.",
    unit="USD per share; a contract is this times its multiplier (100)",
    formula="""
        d₁ = (ln(S / K) + (r − q + σ²/2) T) / (σ √T)          d₂ = d₁ − σ √T

        European call = S e^(−qT) N(d₁) − K e^(−rT) N(d₂)
        European put  = K e^(−rT) N(−d₂) − S e^(−qT) N(−d₁)
        American      = worth under the best rule of when to exercise; never less than intrinsic
        intrinsic     = max(S − K, 0) for a call, max(K − S, 0) for a put

        S  spot: price of the underlying, USD          r  rate, continuous, per year
        K  strike, USD                                 q  dividend yield, continuous, per year
        T  years to expiry                             σ  volatility, per year
        N  normal distribution function                n  its density
    """,
    reading="""
        The right to buy at 40 what costs 42 is worth 2 if it is used today, and more if one may wait: 4.76 in the first
        example. The letters mean the same on every page of this folder.
    """,
    method="""
        * **European**, and American where early exercise never pays (a put with r ≤ 0 and q ≥ r, a call with q ≤ 0 and
          r ≥ q): the closed form above, within 1e-10 of QuantLib, relatively.
        * **American**: spectral collocation of the exercise boundary, the spot at which one would exercise, as a
          function of the time left. Within 2e-5 of the strike; asked for `accurate`, within 1e-6.
        * **American with dividends on known dates** before expiry, or with an exercise boundary on either side (a put
          with q < r ≤ 0, a call with r < q ≤ 0): two trinomial trees of 150 and 300 steps, extrapolated; a step ends
          on each ex-date. Within 1e-4 of the strike; 3e-5 at the worst of 1,200 calls against the exact formula for
          one dividend.
        * **European on an index**, which nobody can hold (VIX): Black's formula on the forward that put-call parity
          implies, F = K + (call − put) e^(rT), at the strike where call and put are nearest in price. The yield above
          is then what carries the spot to that forward. Without a call and a put on one strike: `not_modelled`, unless
          the index has a known yield.
        * **Dividends on known dates**, of either style: what fluctuates is S less the present value of the dividends
          until expiry. An American option is exercised against the full price of the share.
        * T is counted in seconds to 16:00 New York on the day of expiry, a year being 31,536,000 of them: nights and
          weekends count.
    """,
    limits=(
        """
        A model's price, not a market's. A position is valued at the [market's price](../valuation.md); the model's
        price is what the Greeks are slopes of, at the volatility that the market's price
        [implies](implied-volatility.md).
        """,
        "One volatility for the whole life of the option: no jumps, no smile that moves with the spot.",
        "Dividends are taken as certain. The cost of borrowing a share is not in it, unless in the yield.",
        """
        At a volatility of 0 it is what the forward price of the share pays, at a spot of 0 what is left of the strike.
        From expiry on it is the intrinsic value, marked `expired`.
        """,
        """
        An American option that is best exercised at once is worth its intrinsic value; the library says `exercise`.
        """,
        """
        Empty, with the reason: `no_price` (of the underlying), `no_rate`, `no_volatility`, `not_modelled`. In the
        library an input that is missing (NaN) gives NaN and `not_finite`; one out of its range is refused.
        """,
    ),
    source="""
        Black, Scholes (1973); Merton (1973). Hull, *Options, Futures, and Other Derivatives*, ch. 15, 17 and 21. Haug,
        *The Complete Guide to Option Pricing Formulas* (1998), ch. 1. American: Andersen, Lake, Offengenden,
        High-performance American option pricing, *Journal of Computational Finance* 20 (2016). Tree: Boyle
        (1988); Broadie, Detemple (1996). Forward: Black (1976); Stoll (1969). "QuantLib" is QuantLib 1.44:
        `AnalyticEuropeanEngine`, `QdFpAmericanEngine`, and with dividends `FdBlackScholesVanillaEngine` on 800 × 800
        points, escrowed.
    """,
    tables=(EUROPEAN, AMERICAN, DATED_DIVIDENDS, ON_FORWARD, EDGES),
)
