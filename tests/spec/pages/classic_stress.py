"""Stress tests of the textbook."""

from spec.page import Page, Table
from spec.scenario_answers import classic_stress

CORRELATED = Table(
    caption="Two factors",
    check=classic_stress,
    note="""
        The last row is a fund of the market itself, put to the market and a style: its [univariate
        beta](classic-beta.md) on the style is 0.4918, and their correlation 0.7682.
    """,
    rows="""
        exposure to A|to B  |correlation|shock of A|of B |NAV    ||direct   |correlated||from
        10,000       |5,000 |0.8        |-10 %     |0 %  |100,000||-1,000.00|-1,400.00 ||B by 0.8 × −10 %
        10,000       |-5,000|0.8        |-10 %     |0 %  |100,000||-1,000.00|-600.00   ||short of B
        10,000       |5,000 |0          |-10 %     |0 %  |100,000||-1,000.00|-1,000.00 ||nothing in common
        10,000       |5,000 |0.8        |-10 %     |-10 %|100,000||-1,500.00|-2,700.00 ||each by −18 %
        10,000       |4,918 |0.7682     |-10 %     |0 %  |100,000||-1,000.00|-1,377.80 ||an index fund loses 13.78 %
    """,
)

CLIPPED = Table(
    caption="Not more than 99 % of the value",
    check=classic_stress,
    rows="""
        exposure to A|to B|correlation|shock of A|of B|NAV   ||raw direct|direct    ||from
        20,000       |0   |0          |-35 %     |0 % |10,000||-7,000.00 |-7,000.00 ||less than the value
        40,000       |0   |0          |-35 %     |0 % |10,000||-14,000.00|-9,900.00 ||99 % of 10,000
        40,000       |0   |0          |35 %      |0 % |10,000||14,000.00 |14,000.00 ||a gain is not clipped
        40,000       |0   |0          |-35 %     |0 % |-5,000||-14,000.00|-14,000.00||no value to clip by
    """,
)

PAGE = Page(
    name="classic-stress",
    title="Classic stress test",
    definition="Exposures to single factors times shocks, and times the factors' correlations.",
    unit="USD",
    formula="""
        direct     = Σ exposure(f) × shock(f)
        correlated = Σ exposure(f) × Σ correlation(f, s) × shock(s)          s: what is shocked
        shown      = not below −99 % of the NAV; the raw number beside it

        exposure(f) = Σ delta-adjusted exposure × univariate beta on f
    """,
    reading="""
        With $10,000 on a factor that falls by 10 % and $5,000 on one whose correlation with it is 0.8, the first loses
        $1,000 and drags the second down by 8 %, another $400.
    """,
    method="""
        The method `classic`, computed when asked for and never stored; univariate betas are [classic](classic-beta.md),
        correlations the [capped](factor-correlation.md) ones. A shocked yield acts by its own univariate [yield
        beta](yield-beta.md) and drags nothing. Shocks are taken as they stand: `relative` and `total` are the same
        here. Options enter by their delta.
    """,
    limits=(
        """
        **An index fund loses more than the market**: 13.78 % in the last row of the first table, since it has a
        univariate beta on every factor and each is counted. With two shocked factors each drags the other, though both
        are told.
        """,
        "A correlation is no slope: a wild factor that is dragged by a calm one moves by as little as the calm one.",
        "Straight lines: a large fall with a beta of 3 is more than all, and options have no convexity.",
        "Clipped numbers do not add up over portfolios. The raw ones do.",
        "Empty where an exposure that the scenario needs is not known. A NAV that is not above 0 clips nothing.",
    ),
    source="""
        A practice of the trade. Why the default is another: [factors](../../explanation/factors.md). All examples are
        worked by hand.
    """,
    tables=(CORRELATED, CLIPPED),
)
