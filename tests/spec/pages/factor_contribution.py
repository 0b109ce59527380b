"""What each factor brings to a scenario's result."""

from spec.page import Page, Table
from spec.scenario_answers import contributions, contributions_of_option

FACTORS = Table(
    caption="The market and a style",
    check=contributions,
    note="""
        $10,000 of a share; the market loses 20 %, the style gains 25 % on it. ln 0.8 = −0.22314 and ln 1.25 is the same
        with the other sign. With 0.5 on the style u = −0.11157, half of the market's: the market brings twice the
        return, the style minus once. The return is √0.8 − 1 = −10.557 %.
    """,
    rows="""
        beta|beta on A|market|shock of A||by the market|by A    |other|P&L      ||from
        1   |0        |-20 % |25 %      ||-2,000.00    |0.00    |0.00 |-2,000.00||all the market's
        1   |0.5      |-20 % |25 %      ||-2,111.46    |1,055.73|0.00 |-1,055.73||2 and −1 times −10.557 %
        1   |1        |-20 % |25 %      ||-2,231.44    |2,231.44|0.00 |0.00     ||the logarithms themselves
        1   |-0.5     |-20 % |25 %      ||-1,896.39    |-948.19 |0.00 |-2,844.58||⅔ and ⅓ of 0.8 × √0.8 − 1
    """,
)

YIELDS = Table(
    caption="A yield has a line of its own",
    check=contributions,
    rows="""
        beta | yield beta | market | 10Y || by the market | other   | P&L       || from
        1    | -5         | -10 %  | 1 % || -1,000.00     | -450.00 | -1,450.00 || 0.9 × 0.95 − 1; −5 % of what is left
        0.2  | -7         | —      | 1 % || 0.00          | -700.00 | -700.00   || the yield alone
        1    | 0          | -10 %  | —   || -1,000.00     | 0.00    | -1,000.00 || the market alone
    """,
)

OPTIONS = Table(
    caption="So have convexity and volatility",
    check=contributions_of_option,
    note="""
        A year to live, a rate of 0, an underlying with a beta of 1, market −10 %. The call has a volatility of 0 and
        keeps it: it is worth 10, and nothing at a spot of 99; its delta of 1 would have lost 11. The put goes from
        7.966 at a volatility of 20 % to 90 × 0.4203 − 100 × 0.3081 + 10 = 17.013 at a spot of 90 and 30 %; its delta of
        −0.4602 brings 4.602.
    """,
    rows="""
        option|held|spot|strike|delta  |volatility|market|points told||by the market|other  |P&L      ||from
        call  |1   |110 |100   |1      |0 %       |-10 % |0          ||-1,100.00    |100.00 |-1,000.00||−11 + 1 a share
        call  |-1  |110 |100   |1      |0 %       |-10 % |0          ||1,100.00     |-100.00|1,000.00 ||written
        put   |1   |100 |100   |-0.4602|20 %      |-10 % |—          ||460.20       |444.5  |904.7    ||17.013 − 7.966
    """,
)

PAGE = Page(
    name="factor-contribution",
    title="Contribution of a factor",
    definition="How much of a scenario's P&L each factor brings, and how much yields, volatility and convexity add.",
    unit="USD",
    formula="""
        contribution of f = Σ delta-adjusted exposure × β(f) × x(f) × (exp(u) − 1) / u        u = Σ β(f) x(f)
        other             = P&L − Σ contributions
    """,
    reading="""
        A share loses $1,056: the falling market costs $2,111, the style it holds gives $1,056 back.
    """,
    method="""
        A return is not the sum of the factors' returns, so it is shared out in proportion to the logarithms, which do
        add up. Where u is 0 the factor (exp(u) − 1) / u is 1. The contributions add up over positions, and with the
        other line to the P&L.

        The other line holds what is not the factors': what a shocked yield does, what implied volatilities do to
        options, and what an option's price does beyond its delta.
    """,
    limits=(
        """
        Two factors that cancel show two large numbers of opposite sign. Neither would be the result of shocking it
        alone.
        """,
        "The other line is one number. What of it is convexity and what volatility is not told apart.",
        "Of what is known only: what the result leaves out, the contributions leave out.",
        "Worked out when asked for, for one portfolio; never stored.",
    ),
    source="""
        The definition above; sharing in proportion to logarithms is that of Cariño, Combining attribution effects over
        time, *Journal of Performance Measurement* 3 (1999), over factors instead of periods. All examples are worked by
        hand.
    """,
    tables=(FACTORS, YIELDS, OPTIONS),
)
