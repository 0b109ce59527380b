"""What a scenario does, if only what it shocks moves."""

from spec.page import Page, Table
from spec.scenario_answers import share, two_shares

MARKET = Table(
    caption="The market alone",
    check=share,
    note="One plus the market's return, to the power of beta: 0.9^1.5 = 0.9 × √0.9 = 0.9 × 0.94868 = 0.85381.",
    rows="""
        exposure | beta | market || return   | direct    || from
        10,000   | 1    | -10 %  || -10.00 % | -1,000.00 || an index fund loses what the market loses
        -10,000  | 1    | -10 %  || -10.00 % | 1,000.00  || its short gains it
        10,000   | 1.5  | -10 %  || -14.62 % | -1,461.85 || 0.9^1.5 − 1
        -10,000  | 1.5  | -10 %  || -14.62 % | 1,461.85  || short = −long
        10,000   | 0.5  | -10 %  || -5.13 %  | -513.17   || √0.9 − 1
        10,000   | 2    | -10 %  || -19.00 % | -1,900.00 || 0.81 − 1
        10,000   | -1   | -10 %  || 11.11 %  | 1,111.11  || 1/0.9 − 1
        10,000   | 0    | -10 %  || 0.00 %   | 0.00      || nothing to do with it
        10,000   | 2    | -45 %  || -69.75 % | -6,975.00 || 0.55² − 1, where 2 × −45 % would be −90 %
        10,000   | 3    | -45 %  || -83.36 % | -8,336.25 || 0.55³ − 1, where 3 × −45 % would be more than all
        10,000   | -4   | -45 %  || 992.8 %  | 99,282.15 || 1/0.55⁴ − 1: see the limits
        10,000   | 1    | 25 %   || 25.00 %  | 2,500.00  || the market's rise
        10,000   | —    | -10 %  || —        | —         || no beta: empty, not 0
    """,
)

STYLES = Table(
    caption="A style, relative and total",
    check=share,
    note="""
        The market falls by 20 %, the style by 30 %. `relative`: that is what it does beyond the market, 0.7. `total`:
        that is all it does; at a slope of 0.8 the market explains 0.8^0.8 = 0.8365 of it, and what is beyond is 0.7 /
        0.8365 = 0.8368.
    """,
    rows="""
        beta|beta on A|slope of A|market|shock of A|reading ||return  ||from
        0.8 |1        |0.8       |-20 % |-30 %     |total   ||-30.00 %||the style's own fund: 0.8365 × 0.8368
        0.8 |1        |0.8       |-20 % |-30 %     |relative||-41.44 %||0.8365 × 0.7
        1   |0.5      |0.8       |-20 % |-30 %     |total   ||-26.82 %||0.8 × √0.8368
        1   |0.5      |0.8       |-20 % |-30 %     |relative||-33.07 %||0.8 × √0.7
        1   |0        |0.8       |-20 % |-30 %     |relative||-20.00 %||an index fund
        1   |0.5      |2         |-20 % |-36 %     |total   ||-20.00 %||0.64 = 0.8²: nothing beyond
        0.8 |1        |0.8       |—     |20 %      |total   ||20.00 % ||the market is not shocked:
        0.8 |1        |0.8       |—     |20 %      |relative||20.00 % ||the same
    """,
)

YIELDS = Table(
    caption="A Treasury yield",
    check=share,
    rows="""
        beta | yield beta | market | 10Y     || return    || from
        0.2  | -7         | —      | 1 %     || -7.00 %   || −7 × 1 %
        0.2  | -7         | —      | -0.25 % || 1.75 %    || −7 × −0.25 %
        1    | 0          | —      | 1 %     || 0.00 %    || the market is not shocked
        1    | -5         | -10 %  | 1 %     || -14.50 %  || 0.9 × 0.95 − 1
        1    | -20        | —      | 6 %     || -100.00 % || −120 % is not possible
        1    | —          | —      | 1 %     || —         || no yield beta
        1    | —          | -10 %  | —       || -10.00 %  || none is needed
    """,
)

BOOK = Table(
    caption="Two positions",
    check=two_shares,
    rows="""
        exposure of A|beta of A|of B   |beta of B|market||A        |B        |both     |coverage||from
        10,000       |1        |-10,000|1.5      |-10 % ||-1,000.00|1,461.85 |461.85   |100 %   ||they add up
        10,000       |1        |-10,000|1.5      |10 %  ||1,000.00 |-1,536.90|-536.90  |100 %   ||1 − 1.1^1.5
        10,000       |1        |-10,000|—        |-10 % ||-1,000.00|—        |-1,000.00|50 %    ||half of gross is known
    """,
)

PAGE = Page(
    name="scenario-pnl",
    title="Scenario P&L, direct",
    definition="What a portfolio would gain or lose if only what the scenario shocks moved.",
    unit="USD; return of a share: fraction",
    formula="""
        x(market) = ln(1 + market's shock)
        x(style)  = ln(1 + shock)                                     relative
                  = ln(1 + shock) − slope on the market × x(market)   total
        0 for what is not shocked

        u      = Σ β(f) × x(f)
        return = exp(u) × max(0, 1 + yield beta × change of the yield) − 1
        P&L    = Σ exposure × return; options are priced again
    """,
    reading="""
        Under "market −10 %" an index fund loses 10.00 %, and a share with a beta of 1.5 loses 14.62 %: a little less
        than 15 %, because after each loss there is less to lose.
    """,
    method="""
        Logarithms at every size: why, is in [factors](../../explanation/factors.md). A shock of a style is `relative`
        (beyond the market) in the scenarios that come with SigmaSight and `total` (all it does) in the replays of
        history; users choose. Options move with their underlying's return and are [priced
        again](option-under-scenario.md). What positions gain and lose adds up, in any order and however a book is
        split.

        The scenarios: [stress tests in the night](../stress.md); your own: [write
        scenarios](../../how-to/write-scenarios.md).
    """,
    limits=(
        """
        Betas of ordinary days, put to moves that no such day has shown. How far out a scenario is, says its
        [plausibility](plausibility.md).
        """,
        """
        **Large negative betas explode.** A volatility index with a market beta of −4 goes up to eleven times its price
        when the market loses 45 %. That is what the rule says. It has no ceiling, as a loss has a floor.
        """,
        """
        Only what is shocked moves. That what falls drags other things along is in [correlated](correlation-effect.md).
        """,
        """
        A long loses no more than all. A short, and a book with more exposure than NAV, can lose more than the NAV, and
        the result says so: nothing is clipped.
        """,
        "Specific risk is not in it: a company may fail in a calm market.",
        """
        A position without price, betas or, where a yield is shocked, yield beta is left out, with its reason in
        `not_included`; `coverage` is the share of gross that is in. The result is empty where nothing is known.
        """,
    ),
    source="The definitions above. All examples are worked by hand.",
    tables=(MARKET, STYLES, YIELDS, BOOK),
)
