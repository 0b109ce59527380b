"""How far from the ordinary a scenario is."""

from spec.page import Page, Table
from spec.scenario_answers import plausibility

ONE = Table(
    caption="One variable",
    check=plausibility,
    note="""
        Eight sessions of ±1: the variance is 8/7, over a horizon of two sessions 16/7. Moves over two sessions: seven,
        three of 2, three of −2, one of 0.
    """,
    rows="""
        x, %                      |shock of x, %|horizon||distance|share beyond||from
        1, 1, 1, 1, -1, -1, -1, -1|-1.5         |2      ||0.992   |85.7 %      ||1.5 / √(16/7); 6 of 7
        1, 1, 1, 1, -1, -1, -1, -1|3            |2      ||1.984   |0.0 %       ||outside anything in the window
        1, 1, 1, 1, -1, -1, -1, -1|0            |2      ||0.000   |85.7 %      ||no move at all
        1, 1, 1, 1, -1, -1, -1, -1|-1.5         |1      ||1.403   |0.0 %       ||1.5 / √(8/7)
        1, 1, 1, 1, -1, -1, -1, -1|0.5          |1      ||0.468   |100.0 %     ||0.5 / √(8/7)
        0, 0, 0, 0, 0, 0, 0, 0    |0.5          |1      ||—       |—           ||it never moves
        1, -1                     |0.5          |1      ||—       |—           ||too few sessions
    """,
)

TWO = Table(
    caption="Two variables that move together",
    check=plausibility,
    note="""
        y is 0.6 x and 0.8 of something else; both have the variance 4/3, and their correlation is 0.6. The squared
        distance of 1 and 1 is (1 + 1 − 2 × 0.6) / 0.64 = 1.25 over 4/3, that of 1 and −1 is (1 + 1 + 1.2) / 0.64 = 5
        over 4/3. Every one of the four sessions is √(2 × ¾) = 1.225 out.
    """,
    rows="""
        x, %        |y, %                |shock of x, %|of y, %|horizon||distance|share beyond||from
        1, 1, -1, -1|1.4, -0.2, 0.2, -1.4|1            |1      |1      ||0.968   |100.0 %     ||√(1.25 × ¾)
        1, 1, -1, -1|1.4, -0.2, 0.2, -1.4|1            |0.6    |1      ||0.866   |100.0 %     ||√(1 × ¾): as usual
        1, 1, -1, -1|1.4, -0.2, 0.2, -1.4|1            |-1     |1      ||1.936   |0.0 %       ||√(5 × ¾): against it
    """,
)

PAGE = Page(
    name="plausibility",
    title="Plausibility",
    definition="How far a scenario's shocks lie from an ordinary move over 21 sessions, and how often more was seen.",
    unit="distance: standard deviations; share beyond: 0 to 1",
    formula="""
        distance     = √(xᵀ C⁻¹ x)
        share beyond = how many of the window's moves over 21 sessions have a larger distance

        x   the shocks: ln(1 + market's), of styles what goes beyond the market (in logarithms), change of the yield
        C   21 × the covariance of these variables' daily moves: ln(1 + market's return), of styles the return beyond
            the market, change of the yield; equal weights, n − 1
    """,
    reading="""
        With one shock a distance of 1 is a month like any other, 3 is rare, and at 10 no month ever was. The words:
        *usual*, *rare* (under 5 % of the window's moves went further), *outside anything in the window* (none did).
    """,
    method="""
        Mahalanobis' distance of the shocked variables, the others left out; the window is that of the
        [betas](factor-beta.md), 252 sessions. Shocks that go against what usually goes together are further out than
        shocks that go with it. The moves over 21 sessions are sums of daily ones and overlap: of 252 sessions there are
        232 of them.
    """,
    limits=(
        """
        One year. A scenario that is outside of it may have happened in another: "market −35 %" is outside anything in
        most windows.
        """,
        "21 sessions are a choice. The same fall within a week is further out, over a year less.",
        "It is about the shocks alone, not about what they do to a portfolio, nor about what they drag along.",
        "Distances grow with the number of shocks: six moderate ones are further out than each.",
        """
        Empty where what is shocked does not move, where two of it are one, and with no more sessions than 21 plus the
        number of shocks. Worked out when asked for; not stored.
        """,
    ),
    source="""
        Mahalanobis (1936). Breuer, Jandačka, Rheinberger, Summer, How to find plausible, severe, and useful stress
        scenarios, *International Journal of Central Banking* 5 (2009). All examples are worked by hand.
    """,
    tables=(ONE, TWO),
)
