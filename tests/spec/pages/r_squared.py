"""How much of a share the factors explain."""

from spec.factor_answers import EIGHT_SESSIONS, one_factor, two_factors
from spec.page import Page, Table

ONE_FACTOR = Table(
    caption="On the market alone",
    check=one_factor,
    note="""
        As on the page of the [beta](factor-beta.md#on-the-market-alone): Σx² = 28, Σxy = 40, Σy² = 64. Explained are
        40² / 28 = 57.14, left over 64 − 57.14 = 6.857, over 8 − 2 sessions 1.1429. With six sessions Σy² less the mean
        is 59 − 1/6, and 1.6905 is left over.
    """,
    rows="""
        market, %                 | share, %                   || R²     | residual volatility || from
        1, 2, -1, -2, 3, -3, 0, 0 | 2, 3, -1, -2, 4, -5, 1, -2 || 0.8929 | 1.0690 %            || 25/28, √(8/7)
        1, 2, -1, -2, 3, -3, 0, 0 | 2, 3, -1, -2, 4, -5, —, —  || 0.9713 | 0.6501 %            || √(1.6905 / 4)
        1, -1, 1, -1              | 3, -1, 1, -3               || 0.8000 | 1.4142 %            || 16/20, √(4/2)
        1, -1, 1, -1              | 2, -2, 2, -2               || 1.0000 | 0.0000 %            || nothing left over
        1, -1, 1, -1              | 0.5, 0.5, 0.5, 0.5         || —      | 0.0000 %            || nothing to explain
    """,
)

SHRUNK = Table(
    caption="Where a beta is shrunk",
    check=two_factors,
    note=EIGHT_SESSIONS
    + """

First row: the share's squares add up to 8 (2.25 + 0.36 + 0.25) = 22.88. At the style beta of 0.5 what is left over is
2.08, at 0.6 it would be 2. Second row: 28.88, 8.569 and 8.""",
    rows="""
        of M | of S | of N || R²     | R², not shrunk | residual volatility || from
        1.5  | 0.6  | 0.5  || 0.9091 | 0.9126         | 0.6450 %            || 1 − 2.08/22.88, √(2.08/5)
        1.5  | 0.6  | 1    || 0.7033 | 0.7230         | 1.3091 %            || 1 − 8.569/28.88, √(8.569/5)
    """,
)

PAGE = Page(
    name="r-squared",
    title="R² and residual volatility",
    definition="How much of a share's movements the factors explain, and how large a day's move of its own is.",
    unit="R²: share, 0 to 1; residual volatility: return a day, not annualised",
    formula="""
        R²                  = 1 − Σu² / Σ (y − mean)²
        residual volatility = √(Σu² / (n − 8))

        u   what is left over of the share's returns y at the betas that are shown
        n   sessions; 8: seven factors and the mean
    """,
    reading="""
        With an R² of 0.89 the factors explain 89 % of the variance of the share's returns. A residual volatility of
        1.07 % says that on two days out of three the rest is within ±1.07 %.
    """,
    method="""
        Both are of the default [betas](factor-beta.md), the style ones shrunk. That leaves a little more over than
        least squares would, so R² is a little less. The 8 is 9 for a mutual fund whose lag counts, and smaller by one
        for each factor that is not usable.
    """,
    limits=(
        """
        Of the days that the betas were estimated on. Out of sample less is explained:
        [factors](../../explanation/factors.md).
        """,
        """
        A low R² does not make a beta wrong: the share goes its own way. How well the beta is known is in its
        [errors](beta-errors.md).
        """,
        """
        Residual volatility is specific risk only if what is left over of two shares has nothing in common. Two banks
        have much.
        """,
        "R² is empty where the share does not move. Both are empty where the [beta](factor-beta.md#limits) is.",
    ),
    source="Definitions of any textbook of regression. All examples are worked by hand.",
    tables=(ONE_FACTOR, SHRUNK),
)
