"""Betas of the textbook."""

from spec.factor_answers import EIGHT_SESSIONS, classic
from spec.page import Page, Table

TOGETHER = Table(
    caption="All factors together, and one at a time",
    check=classic,
    note=EIGHT_SESSIONS
    + """

m M + s S is (m − 1.2 s) times the market and s times the style. On the style alone: Σ(style × share) = 8 (1.2 m + s),
and the style's squares add up to 8 × 2.44.""",
    rows="""
        of M|of S|of N||market beta|style beta|on the market alone|on the style alone||from
        1.5 |0.6 |0.5 ||0.7800     |0.6000    |1.5000             |0.9836            ||1.5 − 0.72, 2.4 / 2.44
        1   |0   |0.5 ||1.0000     |0.0000    |1.0000             |0.4918            ||1.2 / 2.44
        1.2 |1   |0   ||0.0000     |1.0000    |1.2000             |1.0000            ||the style's own fund
        0.5 |1   |0.5 ||-0.7000    |1.0000    |0.5000             |0.6557            ||0.5 − 1.2, 1.6 / 2.44
    """,
)

CAPPED = Table(
    caption="Capped at 3",
    check=classic,
    rows="""
        of M|of S|of N||raw market beta|market beta|raw style beta|style beta|capped          ||from
        1.5 |0.6 |0.5 ||0.78           |0.78       |0.60          |0.60      |no              ||as above
        5   |0   |0.5 ||5.00           |3.00       |0.00          |0.00      |market          ||5 is beyond 3
        1   |-4  |0.5 ||5.80           |3.00       |-4.00         |-3.00     |market and style||1 + 4.8
    """,
)

PAGE = Page(
    name="classic-beta",
    title="Classic beta",
    definition="The slope of a share on seven factors side by side, by ordinary least squares.",
    unit="return per return of the factor",
    formula="""
        together     β = (XᵀX)⁻¹ Xᵀy           X: the seven factors' returns, as they are, less their means
                     shown: β, not below −3 and not above 3; beside it the raw one
        univariate   β = Σxy / Σx²             x: one factor's returns less their mean
    """,
    reading="""
        The share of the first row moves with the market by 1.5 and with the style by 0.6 beyond it. Side by side that
        is 0.78 on the market and 0.6 on the style, because the style holds 1.2 of the market itself.
    """,
    method="""
        The method `classic`, computed when asked for and never stored: window, returns, gaps and the least number of
        sessions are those of the [default](factor-beta.md), without shrinkage, without the market taken out of the
        styles, without lag. Univariate betas are what the [classic stress test](classic-stress.md) is made of.
    """,
    limits=(
        """
        The factors' funds resemble each other ([variance inflation](variance-inflation.md)). Side by side, large betas
        of opposite sign come out that nearly cancel, and change from month to month. That is what the cap is for; a
        capped beta fits nothing any more.
        """,
        "The market beta is not the beta of the textbook: the styles have taken their part of the market with them.",
        """
        Univariate betas each count the market again. Adding up what seven of them say counts it up to seven times.
        """,
        "Empty where the default is.",
    ),
    source="""
        Ordinary least squares: any textbook of regression. The cap is a convention of the trade. All examples are
        worked by hand.
    """,
    tables=(TOGETHER, CAPPED),
)
