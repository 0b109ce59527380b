"""What a portfolio has on a factor."""

from spec.factor_answers import exposures
from spec.page import Page, Table

TWO_POSITIONS = Table(
    caption="Two positions on one factor",
    check=exposures,
    rows="""
        exposure of A | beta of A | of B    | beta of B | NAV    || exposure  | beta  || from
        10,000        | 1.2       | 5,000   | 0.8       | 20,000 || 16,000.00 | 0.80  || 12,000 + 4,000
        10,000        | 1.2       | -5,000  | 0.8       | 20,000 || 8,000.00  | 0.40  || 12,000 − 4,000
        10,000        | 1.2       | -15,000 | 0.8       | 20,000 || 0.00      | 0.00  || long 1.2 = short 1.2
        10,000        | -0.5      | 5,000   | 0         | 20,000 || -5,000.00 | -0.25 || −5,000 + 0
        30,000        | 1.5       | 0       | 1         | 20,000 || 45,000.00 | 2.25  || levered
    """,
)

MISSING = Table(
    caption="What is not known",
    check=exposures,
    rows="""
        exposure of A|beta of A|of B  |beta of B|NAV   ||exposure |beta|coverage|reason          ||from
        10,000       |1.2      |-5,000|—        |20,000||12,000.00|0.60|66.7 %  |none            ||A: 10/15 of gross
        10,000       |—        |-5,000|—        |20,000||—        |—   |0 %     |no_history      ||nothing is known
        10,000       |1.2      |-5,000|0.8      |0     ||8,000.00 |—   |100 %   |nav_not_positive||nothing to divide by
    """,
)

PAGE = Page(
    name="factor-exposure",
    title="Factor exposure and portfolio beta",
    definition="How many dollars move with a factor, and how many of them for each dollar of NAV.",
    unit="exposure: USD, signed; portfolio beta: ratio",
    formula="""
        exposure to f  = Σ delta-adjusted exposure of a position × its beta on f
        portfolio beta = exposure to f / NAV

        an option's beta is that of its underlying
    """,
    reading="""
        With an exposure of $8,000 to the market the portfolio gains about $80 when the market rises by 1 %. On a NAV of
        $20,000 that is 0.4 %: its beta is 0.4.
    """,
    method="""
        [Delta-adjusted exposure](delta-adjusted-exposure.md) is quantity × price × multiplier, of an option times its
        delta. Betas are computed once a night for all who hold a share ([factor beta](factor-beta.md)). The sum is over
        the positions whose delta-adjusted exposure and betas are known.

        The method `classic` takes the [classic betas](classic-beta.md), capped.
    """,
    limits=(
        """
        **Never add exposures over factors.** A fund of a style has its slope on the market as its exposure to the
        market and 1 as that to the style: each dollar of it counts in several.
        """,
        """
        A slope at today's prices. For a large move see the [scenarios](scenario-pnl.md), where what options do is
        priced.
        """,
        "Cash and unmodelled assets are in the NAV and have no exposure.",
        """
        What is left out is in `not_included`, with its reason; `coverage` is the share of gross that is in. Portfolio
        betas are empty, `nav_not_positive`, with a NAV of 0 or below. A factor that is not usable is empty,
        `no_history`.
        """,
    ),
    source="The definitions above. All examples are worked by hand.",
    tables=(TWO_POSITIONS, MISSING),
)
