"""How much the factors resemble each other."""

from spec.factor_answers import inflation
from spec.page import Page, Table

TWO = Table(
    caption="The market and one style",
    check=inflation,
    note="""
        The market is M = 1, 1, 1, 1, −1, −1, −1, −1, the style a M + s S with S = 1, 1, −1, −1, 1, 1, −1, −1. Their
        correlation is a / √(a² + s²): 0.6 for 3 and 4, 0.8 for 4 and 3.
    """,
    rows="""
        A: of M|of S||slope on the market|of the market|of A  |condition number||from
        3      |4   ||3.0000             |1.5625       |1.5625|4.000           ||1/(1 − 0.36), 1.6/0.4
        4      |3   ||4.0000             |2.7778       |2.7778|9.000           ||1/(1 − 0.64), 1.8/0.2
        -4     |3   ||-4.0000            |2.7778       |2.7778|9.000           ||against the market: the same
        0      |1   ||0.0000             |1.0000       |1.0000|1.000           ||nothing in common
        2      |0   ||2.0000             |1.0000       |—     |1.000           ||nothing of its own: not usable
    """,
)

THREE = Table(
    caption="The market and two styles",
    check=inflation,
    note="""
        A second style B is of M and of N = 1, −1, 1, −1, 1, −1, 1, −1. First row: 0.8, 0.8 and, between the styles,
        0.64. What they say together of the market is 2 × 0.64 / 1.64 = 0.7805. The eigenvalues of the correlations are
        1 − 0.64 = 0.36 and 1.32 ± √(0.32² + 2 × 0.64) = 2.4958 and 0.1442.
    """,
    rows="""
        A: of M|of S|B: of M|of N||of the market|of A  |of B  |condition number||from
        4      |3   |4      |3   ||4.5556       |2.7778|2.7778|17.302          ||1 / (1 − 0.7805), 2.4958 / 0.1442
        4      |3   |0      |1   ||2.7778       |2.7778|1.0000|9.000           ||B is by itself
    """,
)

PAGE = Page(
    name="variance-inflation",
    title="Variance inflation and condition number",
    definition="How much the factors resemble each other, and so how hard it is to tell their betas apart.",
    unit="numbers without unit, 1 and above",
    formula="""
        variance inflation of a factor = 1 / (1 − R²)      R²: of its regression on all the other factors
        condition number               = largest / smallest eigenvalue of the factors' correlations, equal weights
    """,
    reading="""
        At 1 a factor has nothing in common with the others. At 10 they explain 90 % of it, and the error of its
        [classic beta](classic-beta.md) is √10 = 3.2 times what it would be if they explained nothing.
    """,
    method="""
        Of the factors' own returns over the window of 252 sessions, the market's and the styles' as they are. Inflation
        is the diagonal of the inverse of their correlation matrix. Both belong to the factors of a session, not to a
        share.

        A factor of which the ones before it leave no more than a millionth (of its standard deviation) is not usable:
        it is left out for everybody and has no betas. The numbers are then those of the others.
    """,
    limits=(
        """
        They say what side by side regression has to cope with. The [default betas](factor-beta.md) take the market out
        first, and shrink the styles: what is left between the styles still inflates their errors.
        """,
        """
        The condition number is of correlations. Other programs take that of the returns themselves, or its square root:
        those are other numbers.
        """,
        "Empty for a factor that is not usable.",
    ),
    source="""
        Belsley, Kuh, Welsch, *Regression Diagnostics* (1980), ch. 3. All examples are worked by hand.
    """,
    tables=(TWO, THREE),
)
