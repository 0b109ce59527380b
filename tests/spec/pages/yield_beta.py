"""Returns per 1.00 of a Treasury yield."""

from spec.factor_answers import yield_days, yields
from spec.page import Page, Table
from spec.scenario_answers import asset_class

CONTROLLED = Table(
    caption="With the market held still",
    check=yields,
    note="""
        Eight sessions, eight times over: **M** = 1, 1, 1, 1, −1, −1, −1, −1 and **S** = 1, 1, −1, −1, 1, 1, −1, −1. The
        market returns M per cent, the yield changes by so many basis points of M and of S, the share returns so many
        per cent of M and of S, and a tenth of a per cent of noise. Only what the yield does beside the market counts:
        S. In the second row the share is the market. On the yield alone it gets (5 bp × 1 %) / (5² + 10² bp²) = 4.
    """,
    rows="""
        yield's M, bp|yield's S, bp|share's M, %|share's S, %||yield beta|on the yield alone||from
        0            |10           |0.5         |-0.7        ||-7.00     |-7.00             ||−0.7 % / 10 bp
        5            |10           |1           |0           ||0.00      |4.00              ||the market itself
        5            |10           |-0.35       |-0.7        ||-7.00     |-7.00             ||−7 × the yield
        5            |10           |0.65        |-0.7        ||-7.00     |-3.00             ||both together
    """,
)

DAYS = Table(
    caption="How many days it takes",
    check=yield_days,
    note="""
        A fund that returns −7 times the yield's change. Of a window of 252 sessions it has so many of the last ones,
        and so has the yield.
    """,
    rows="""
        sessions with a return|with a yield's change||days in common|yield beta|reason       ||from
        252                   |252                  ||252           |-7.00     |none         ||−7
        90                    |252                  ||90            |-7.00     |none         ||90 are enough
        89                    |252                  ||89            |-7.00     |short_history||one less
        60                    |252                  ||60            |-7.00     |short_history||the least
        59                    |252                  ||59            |—         |no_history   ||the fund is too young
        252                   |59                   ||59            |—         |no_rate      ||there are no yields
        252                   |0                    ||0             |—         |no_rate      ||none at all
    """,
)

ASSET_CLASSES = Table(
    caption="Estimated by what it is",
    check=asset_class,
    note="$10,000 of something without a yield beta, where estimates are allowed and where not; +100 basis points.",
    rows="""
        kind        | category          | sector      | estimates   | 10Y || direct  | marks     || from
        etf         | Long Treasury     | none        | allowed     | 1 % || -500.00 | estimated || a bond fund: −5
        mutual fund | Intermediate Bond | none        | allowed     | 1 % || -500.00 | estimated || a bond fund: −5
        etf         | Real Estate       | Real Estate | allowed     | 1 % || -200.00 | estimated || real estate: −2
        stock       | none              | Technology  | allowed     | 1 % || -100.00 | estimated || anything else: −1
        stock       | none              | Technology  | not allowed | 1 % || —       | none      || `no_history`
    """,
)

PAGE = Page(
    name="yield-beta",
    title="Yield beta",
    definition="How much a share returns when a Treasury yield rises, the market standing still.",
    unit="return per 1.00 of the yield: −7 is −7 % for +1 %, a duration of 7 years",
    formula="""
        return = constant + yield beta × change of the yield + slope × market's return + rest

        change of the yield   since the session before, as a fraction: +10 basis points is 0.0010
        market's return       of the same session
    """,
    reading="""
        A bond fund with a yield beta of −7 loses 0.7 % when the yield rises by 10 basis points. A share with a yield
        beta of 0 is moved by yields only through the market.
    """,
    method="""
        Ordinary least squares over the window of 252 sessions, on one yield at a time: 3M, 2Y, 10Y, 30Y. The scenarios
        that come with SigmaSight use that of 10 years. The error is the [HAC error](beta-errors.md) with 5 lags.
        Nothing is shrunk, nothing capped.

        Only days count on which the yield is known on the session and on the one before: no yield is carried forward
        here. A bond holiday on which shares trade loses two days.

        `classic`: on the yield alone, without the market.

        Where a portfolio allows estimates, what lacks a yield beta gets one by what it is, marked `estimated`: −5 for a
        fund whose category says bond, government or Treasury, −2 for the sector real estate, −1 for anything else.
    """,
    limits=(
        """
        A slope for changes of some basis points. At +300 the price of a bond falls by less than its duration says
        (convexity).
        """,
        """
        One yield at a time. A flattening curve cannot be told by one number, and two yield betas must not be added: a
        scenario shocks one Treasury yield at most.
        """,
        """
        The market is held still. What yields do to the market is a number of its own, used by
        [correlated](correlation-effect.md).
        """,
        """
        Empty: `no_rate` with fewer than 60 days that have a yield and the market, else `no_history` with fewer than 60
        that the share has too; `short_history` up to 89.
        """,
    ),
    source="""
        Regression of returns on yields beside the market: Stone, Systematic interest-rate risk in a two-index model of
        returns, *Journal of Financial and Quantitative Analysis* 9 (1974). Errors: Newey, West (1987). All examples are
        worked by hand.
    """,
    tables=(CONTROLLED, DAYS, ASSET_CLASSES),
)
