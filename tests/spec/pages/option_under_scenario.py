"""What an option gains or loses under a scenario."""

from spec.page import Page, Table
from spec.scenario_answers import rate_change, repriced, volatility_change

VOLATILITY = Table(
    caption="Points that implied volatilities change",
    check=volatility_change,
    note="`slope on 10Y`: the market's return per 1.00 of that yield; `points told`: what the scenario itself says.",
    rows="""
        market|shock of A|10Y|slope on 10Y|points told||direct|correlated||from
        -10 % |—         |—  |-5          |—          ||10.0  |10.0      ||1 point for each 1 %
        -35 % |—         |—  |-5          |—          ||35.0  |35.0      ||35
        10 %  |—         |—  |-5          |—          ||0.0   |0.0       ||a rise changes nothing
        —     |-30 %     |—  |-5          |—          ||0.0   |0.0       ||nor does a style
        —     |—         |1 %|-5          |—          ||0.0   |5.0       ||the market follows the yield by −5 %
        -10 % |—         |—  |-5          |12         ||12.0  |12.0      ||the scenario says 12
        -10 % |—         |—  |-5          |0          ||0.0   |0.0       ||the scenario says none
    """,
)

RATE = Table(
    caption="The rate",
    check=rate_change,
    rows="""
        par yield | change || rate     | rate after || from
        4 %       | 1 %    || 3.9605 % | 4.9385 %   || 2 ln 1.02, 2 ln 1.025
        4 %       | -1 %   || 3.9605 % | 2.9777 %   || 2 ln 1.015
        0 %       | 1 %    || 0.0000 % | 0.9975 %   || 2 ln 1.005
    """,
)

EUROPEAN = Table(
    caption="European, by hand",
    check=repriced,
    note="""
        A year to live and a rate of 0: at the money and 20 % the price is 100 (2 N(0.1) − 1) = 7.966. At a spot of 90
        and 30 % d₁ = (ln 0.9 + 0.045) / 0.3 = −0.2012, d₂ = −0.5012, and the call is worth 90 × 0.42027 − 100 × 0.30812
        = 7.013.
    """,
    rows="""
        spot|strike|volatility|option       |spot's return|points||P&L per share||from
        100 |100   |20 %      |European call|-10 %        |10    ||-0.953       ||7.013 − 7.966
        100 |100   |20 %      |European put |-10 %        |10    ||9.047        ||10 more
        100 |100   |20 %      |European call|0 %          |10    ||3.958        ||100 (2 N(0.15) − 1) − 7.966
        100 |100   |20 %      |European call|-100 %       |0     ||-7.966       ||all of it
        100 |100   |20 %      |European put |-100 %       |0     ||92.034       ||100 − 7.966
        100 |100   |5 %       |European call|0 %          |-10   ||-1.995       ||not below 0: 100 (2 N(0.025) − 1)
        110 |100   |0 %       |European call|-10 %        |0     ||-10.000      ||110 − 100
    """,
)

BY_YIELD = Table(
    caption="European, when the yield moves",
    check=repriced,
    note="A year to live, a volatility of 0: the call is worth 100 − 100 / (1 + y/2)².",
    rows="""
        spot|strike|volatility|par yield|option       |yield's change||P&L per share||from
        100 |100   |0 %       |4 %      |European call|1 %           ||0.935        ||100/1.02² − 100/1.025²
        100 |100   |0 %       |4 %      |European call|-1 %          ||-0.949       ||100/1.02² − 100/1.015²
        100 |100   |0 %       |4 %      |European put |1 %           ||0.000        ||worth nothing, then too
    """,
)

AMERICAN = Table(
    caption="American",
    check=repriced,
    note="Best exercised at once, before and after: worth 25, then 32.50.",
    rows="""
        spot|strike|years|volatility|par yield|option      |spot's return|points||P&L per share||from
        75  |100   |0.5  |20 %      |5 %      |American put|-10 %        |0     ||7.50         ||7.50 less of a share
    """,
)

ON_FORWARD = Table(
    caption="On the forward of an index",
    check=repriced,
    note="""
        A year to live, a volatility of 0, a yield of 4 %: worth (forward − 50) / 1.02² = 9.612. The forward moves with
        the index, and not with the yield.
    """,
    rows="""
        spot|forward|strike|par yield|option       |spot's return|yield's change||P&L per share||from
        55  |60     |50    |4 %      |European call|10 %         |0 %           ||5.767        ||6 / 1.02²
        55  |60     |50    |4 %      |European call|0 %          |1 %           ||-0.094       ||10/1.025² − 10/1.02²
        55  |60     |50    |4 %      |European call|10 %         |1 %           ||5.617        ||16/1.025² − 10/1.02²
    """,
)

PAGE = Page(
    name="option-under-scenario",
    title="Option under a scenario",
    definition="What an option gains or loses when its underlying, volatility and the rate move as a scenario says.",
    unit="USD per share of the underlying; a position: × quantity × multiplier",
    formula="""
        P&L = V(S × (1 + return), σ + change, r after) − V(S, σ, r)

        return    of the underlying, under the scenario
        change    1 point for each 1 % that the market falls, 0 for a rise; or what the scenario says; σ not below 0
        r after   2 ln(1 + (y + change of the yield) / 2)        from r = 2 ln(1 + y/2)
    """,
    reading="""
        Under "market −10 %" a put at the money on an index fund at $100 gains $9.05: half of it by its delta, the rest
        because the fall is large and because volatility rises.
    """,
    method="""
        The option is priced again by the [model](option-price.md) that its Greeks come from: American options with
        early exercise, dated dividends on the tree. Both prices are the model's, at the contract's own implied
        volatility: what its market price is off the model ([the gap](../greeks.md)) is in neither.

        What the underlying does comes from its betas, direct or correlated. A shocked Treasury yield moves every
        option's rate by as much of par yield, whatever the option's maturity and whichever yield it is. An option on
        the forward of an index (VIX): the forward moves in proportion to the index and not with the yield.

        Time stands still. Options by their delta enter [factor exposure](factor-exposure.md) and [risk
        shares](risk-share.md) only.
    """,
    limits=(
        """
        One change for all volatilities, near and far, in and out of the money. In a real crash short maturities rise by
        more than long ones.
        """,
        """
        The market's fall moves volatilities of everything, also of a share that does not follow the market.
        """,
        "Options on a volatility index have their volatility moved like any other.",
        """
        A large part of a large loss comes from spot *and* volatility moving at once. `sigmasight stress --kind grid`
        shows both: the portfolio at spots from −30 to +30 % and volatilities from −10 to +20 points, its worst point,
        and whether that lies at the edge.
        """,
        """
        An expired option changes by 0. Empty, `no_volatility`, `no_rate`, `no_price`, `not_modelled`, where its
        [price](option-price.md#limits) is; `no_history` where its underlying has no betas.
        """,
    ),
    source="""
        The definitions above. The rule for volatilities is a convention: from February to March 2020 the S&P 500 fell
        by 34 % and the VIX rose by 47 points, from 14 to 62. The examples are worked by hand with a table of the normal
        distribution.
    """,
    tables=(VOLATILITY, RATE, EUROPEAN, BY_YIELD, AMERICAN, ON_FORWARD),
)
