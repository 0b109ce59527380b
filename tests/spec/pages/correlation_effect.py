"""What a scenario does, if what it shocks drags the rest along."""

from spec.page import Page, Table
from spec.scenario_answers import share

ONE_STYLE = Table(
    caption="One style drags another",
    check=share,
    note="""
        $10,000 with betas on two styles. Their covariance in millionths: A's variance, what they have in common; the
        same, B's variance. With 4, 2; 2, 9 B follows A by 2/4: when A gains 20 %, ln 1.2 / 2 is the logarithm of √1.2 =
        1.0954. A follows B by 2/9.
    """,
    rows="""
        beta|beta on A|beta on B|covariance  |shock of A|shock of B||direct  |correlated|effect  ||from
        0   |1        |0        |4, 2; 2, 9  |20 %      |—         ||2,000.00|2,000.00  |0.00    ||what is shocked stays
        0   |0        |1        |4, 2; 2, 9  |20 %      |—         ||0.00    |954.45    |954.45  ||√1.2 − 1
        0   |1        |1        |4, 2; 2, 9  |20 %      |—         ||2,000.00|3,145.34  |1,145.34||1.2 × √1.2 − 1
        0   |0        |1        |4, -2; -2, 9|20 %      |—         ||0.00    |-871.29   |-871.29 ||1/√1.2 − 1
        0   |0        |1        |4, 0; 0, 9  |20 %      |—         ||0.00    |0.00      |0.00    ||nothing in common
        0   |1        |0        |4, 2; 2, 9  |—         |20 %      ||0.00    |413.48    |413.48  ||1.2^(2/9) − 1
        0   |0        |1        |4, 2; 2, 9  |20 %      |5 %       ||500.00  |500.00    |0.00    ||B is told
        1   |0        |0        |4, 2; 2, 9  |20 %      |—         ||0.00    |0.00      |0.00    ||an index fund
    """,
)

TWO_STYLES = Table(
    caption="Two styles drag a third",
    check=share,
    note="""
        C has 3 in common with A and 0 with B; A and B have the variance 4 and 2 in common. The inverse of 4, 2; 2, 4 is
        4, −2; −2, 4 over 12, so that C follows A by 3 × 4/12 = 1 and B by 3 × −2/12 = −½: for what A does, B already
        speaks in part.
    """,
    rows="""
        beta on C|covariance               |shock of A|shock of B||direct|correlated|effect  ||from
        1        |4, 2, 3; 2, 4, 0; 3, 0, 9|20 %      |-10 %     ||0.00  |2,649.11  |2,649.11||1.2 / √0.9 − 1
        1        |4, 2, 3; 2, 4, 0; 3, 0, 9|20 %      |44 %      ||0.00  |0.00      |0.00    ||1.2 / √1.44 = 1
        1        |4, 2, 3; 2, 4, 0; 3, 0, 9|—         |44 %      ||0.00  |0.00      |0.00    ||B alone says nothing of C
    """,
)

MARKET = Table(
    caption="The market and a yield",
    check=share,
    note="""
        The market's regression on the yield says −5: 5 % less for +1 %. For the bond fund 0.95^0.2 = 0.98979, and
        0.98979 × 0.93 = 0.92051.
    """,
    rows="""
        exposure|beta|yield beta|slope on 10Y|market|10Y||direct   |correlated|effect ||from
        10,000  |1   |0         |-5          |-10 % |—  ||-1,000.00|-1,000.00 |0.00   ||an index fund
        -10,000 |1   |0         |-5          |-10 % |—  ||1,000.00 |1,000.00  |0.00   ||its short
        10,000  |1   |0         |-5          |—     |1 %||0.00     |-500.00   |-500.00||the market follows
        10,000  |0.2 |-7        |-5          |—     |1 %||-700.00  |-794.92   |-94.92 ||a bond fund
        10,000  |1   |0         |-5          |-10 % |1 %||-1,000.00|-1,000.00 |0.00   ||told, it follows nothing
    """,
)

PAGE = Page(
    name="correlation-effect",
    title="Scenario P&L, correlated, and correlation effect",
    definition="What a portfolio would gain or lose if what the scenario shocks dragged the rest along.",
    unit="USD",
    formula="""
        x(u) = S(u,s) S(s,s)⁻¹ x(s)                     styles u that are not shocked, styles s that are
        x(market) = ln(1 + slope × change of the yield) if a yield is shocked and the market is not
        all else as in direct

        correlation effect = correlated − direct

        S       covariance of what the styles do beyond the market, 252 sessions, equal weights, n − 1
        slope   market's return per 1.00 of the yield, by regression on its changes, at least 60 days
    """,
    reading="""
        If value gains 20 % on the market and size usually follows it by half, size gains √1.2 − 1 = 9.5 % in the
        correlated result and nothing in the direct one. The effect is what the portfolio has on such followers.
    """,
    method="""
        What is shocked moves as it is told. A style that is not shocked moves by what is to be expected of it, given
        the shocked ones: the conditional expectation of normal variables. A shocked market drags no style, because
        styles are what goes beyond the market: under "market −10 %" an index fund loses 10.00 %, direct and correlated.

        A yield that is shocked drags the market by the market's own slope on that yield; what shares do through the
        market follows. A market that is shocked itself follows nothing.
    """,
    limits=(
        "The covariance of the last year. In a crisis things move together that did not before.",
        "The expected move, no bound: the followers may do more, or the opposite.",
        """
        With a shock far outside the window, what follows is far outside it too.
        """,
        "A style that is not shocked and not usable stays where it is.",
        """
        Empty where direct is; and where the market has no slope on the yield that is shocked (fewer than 60 days with
        both).
        """,
    ),
    source="""
        Kupiec, Stress testing in a value at risk framework, *Journal of Derivatives* 6 (1998), here in logarithms. All
        examples are worked by hand.
    """,
    tables=(ONE_STYLE, TWO_STYLES, MARKET),
)
