"""Whose risk a portfolio's risk is."""

from spec.factor_answers import risk_of_one, risk_of_two, volatilities
from spec.page import Page, Table

TWO_FACTORS = Table(
    caption="The market, a style and the rest",
    check=risk_of_one,
    note="""
        One position of $100,000; σ is a day's volatility, σ own the residual one. First row: a day's move is 100,000 ×
        1 × 0.6 % = $600 by the market, 100,000 × 0.5 × 0.6 % = $300 by the style, $200 by itself. The squares add up:
        360,000 + 90,000 + 40,000 = 490,000 = 700².
    """,
    rows="""
        market beta|σ market|beta on A|σ styles|σ own||market's|A's    |specific|volatility, USD||from
        1          |0.6 %   |0.5      |0.6 %   |0.2 %||73.47 % |18.37 %|8.16 %  |700.00         ||36/49, 9/49, 4/49
        -1         |0.6 %   |-0.5     |0.6 %   |0.2 %||73.47 % |18.37 %|8.16 %  |700.00         ||signs turned
        1          |1 %     |0        |0.6 %   |0 %  ||100 %   |0 %    |0 %     |1,000.00       ||the market's fund
        0          |1 %     |0        |0.6 %   |2 %  ||0 %     |0 %    |100 %   |2,000.00       ||all its own
    """,
)

HEDGES = Table(
    caption="Two styles that move together",
    check=risk_of_one,
    note="""
        $100,000 without market beta and without residual. With 0.3 on A and −0.1 on B, each moving by 1 % a day: $300
        and −$100. With a correlation of 0.5 they have 300 × −100 × 0.5 = −15,000 in common, twice in the variance:
        90,000 + 10,000 − 30,000 = 70,000.
    """,
    rows="""
        beta on A|on B|σ styles|correlation||A's     |B's    |volatility, USD|reason      ||from
        0.3      |-0.1|1 %     |0          ||90.00 % |10.00 %|316.23         |none        ||√100,000
        0.3      |-0.1|1 %     |0.5        ||107.14 %|-7.14 %|264.58         |none        ||75/70, −5/70
        0.1      |-0.1|1 %     |1          ||—       |—      |0.00           |fully_hedged||nothing to share
    """,
)

COVARIANCE = Table(
    caption="The volatilities that go in",
    check=volatilities,
    note="""
        First row: Σ market × style = 2 + 1 + 6 + 8 = 17 over Σ market² = 10, a slope of 1.7. Beyond the market the
        style does 0.3, 0.7, −0.4, −0.6, the squares of which add up to 1.10; both sums over 4 − 1.
    """,
    rows="""
        market, %    | style, %     || slope of the style | σ market | σ styles || from
        1, -1, 2, -2 | 2, -1, 3, -4 || 1.7000             | 1.8257 % | 0.6055 % || √(10/3), √(1.1/3)
        1, -1, 1, -1 | 1, 1, -1, -1 || 0.0000             | 1.1547 % | 1.1547 % || √(4/3)
        1, -1, 1, -1 | 2, -2, 2, -2 || 2.0000             | 1.1547 % | —        || the market again: not usable
    """,
)

SPECIFIC = Table(
    caption="Specific risk of two positions",
    check=risk_of_two,
    note="Each has a market beta of 1, and the market moves by 1 % a day.",
    rows="""
        exposure of A|σ own of A|of B    |σ own of B|B is          ||market's|specific|volatility, USD||from
        100,000      |0.3 %     |-100,000|0.4 %     |another share ||0 %     |100 %   |500.00         ||√(300² + 400²)
        100,000      |0.5 %     |-60,000 |0.5 %     |the same share||80 %    |20 %    |447.21         ||√(400² + 200²)
        100,000      |0.5 %     |-100,000|0.5 %     |the same share||—       |—       |0.00           ||nothing is held
    """,
)

PAGE = Page(
    name="risk-share",
    title="Risk share and volatility",
    definition="What share of a portfolio's variance each factor brings, and how large a day's move is.",
    unit="share of the variance; volatility: USD a day, not annualised",
    formula="""
        variance       = xᵀ F x + Σ (exposure to an underlying × its residual volatility)²
        volatility     = √ variance
        share of f     = x(f) × (F x)(f) / variance
        specific share = 1 − the sum of the factors' shares

        x   exposures to the factors, USD
        F   covariance of the market and of what each style does beyond it, daily, 252 sessions, equal weights, n − 1
    """,
    reading="""
        A market's share of 73 % says that the market brings 73 % of the variance. A negative share is that of a factor
        that hedges: a little more of it, and the risk is less.
    """,
    method="""
        Euler's rule: exposure times what a little more of it adds to the variance, halved. The shares add up to 1.
        Because styles are what goes beyond the market, they have nothing in common with it over the window; they have
        with each other.

        All that is held of one underlying, options by their delta, is added up before it is squared: a share and a put
        on it hedge each other. Residuals of different underlyings are taken to have nothing in common.
    """,
    limits=(
        "Shares of the variance, not of the volatility: what has a share of 25 %, alone has half of the volatility.",
        """
        What is left over of shares of one sector does move together. Where a book holds many of them, its specific risk
        is more than is said here.
        """,
        "Options by their delta: what gamma and volatility do is in the [scenarios](scenario-pnl.md).",
        """
        Equal weights over a year: after a quiet month the volatility is too high, after a wild one too low.
        """,
        """
        Shares are empty, `fully_hedged`, where there is no risk to share; the volatility is 0 then. What has no betas
        is left out, with its specific risk.
        """,
    ),
    source="""
        Tasche, Capital allocation to business units and sub-portfolios: the Euler principle (2008), in Resti (ed.),
        *Pillar II in the New Basel Accord*. All examples are worked by hand.
    """,
    tables=(TWO_FACTORS, HEDGES, SPECIFIC, COVARIANCE),
)
