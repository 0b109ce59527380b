"""What each position brings to value at risk."""

from spec.page import Page, Table, wrapped
from spec.tail_answers import GRID, PLAIN, few_parts, parts

FEW = Table(
    caption="Five sessions",
    check=few_parts,
    note="""
        Together: −90, −60, 0, 30, 0. At 95 % the value at risk is 0.8 × 90 + 0.2 × 60 = 84. A brings 0.8 × 100 + 0.2 ×
        20, B 0.8 × −10 + 0.2 × 40. The expected shortfall is that of the worst session, 90.
    """,
    rows="""
        P&L of A              |of B                |level||A     |B    |together|ES of A|ES of B||from
        -100, -20, 0, 10, 30  |10, -40, 0, 20, -30 |95 % ||84.00 |0.00 |84.00   |100.00 |-10.00 ||above
        -100, -20, 0, 10, 30  |10, -40, 0, 20, -30 |75 % ||20.00 |40.00|60.00   |84.00  |0.00   ||the second worst
        -100, -20, 0, 10, 30  |50, 10, 0, -5, -15  |75 % ||20.00 |-10.00|10.00  |84.00  |-42.00 ||B hedges
    """,
)

WHOLE = Table(
    caption="Two shares, 504 sessions",
    check=parts,
    note=wrapped(f"""
        Exposures of A and B; the whole's value at risk at 99 %, the components, and of B share, marginal and
        incremental value at risk. {GRID} B has the same returns in another order. Normal, first row: both have the same
        variance, so each brings a half. {PLAIN}
    """),
    rows="""
        A     |B     |sessions of B|method    ||whole |of A  |of B  |share of B|marginal |incremental||from
        10,000|10,000|504          |filtered  ||433.02|184.88|248.14|57.3 %    |0.024814 |188.18     ||the default
        10,000|-5,000|504          |filtered  ||328.92|209.22|119.70|36.4 %    |-0.023941|84.08      ||a short
        10,000|10,000|504          |historical||437.76|189.24|248.52|56.8 %    |0.024852 |191.79     ||as it was
        10,000|10,000|504          |normal    ||482.83|241.42|241.42|50.0 %    |0.024142 |144.53     ||alike
        10,000|-5,000|504          |normal    ||375.55|301.94|73.60 |19.6 %    |-0.014721|37.24      ||half, short
        10,000|10,000|251          |filtered  ||244.84|244.84|—     |—         |—        |—          ||too young
    """,
)

PAGE = Page(
    name="tail-component",
    title="Component, marginal and incremental value at risk",
    definition="How much of a portfolio's value at risk and expected shortfall each position brings.",
    unit="component, incremental: USD of one day; share: fraction; marginal: USD per USD of delta-adjusted exposure",
    formula="""
        component   = the position's own loss in the sessions that make the quantile, weighed as there
                      normal: z(level) × covariance with the portfolio / s − its own mean
        share       = component / value at risk
        marginal    = component / delta-adjusted exposure
        incremental = value at risk − value at risk without the position
    """,
    reading="""
        Components add up to the value at risk, those of the expected shortfall to it. A negative component is that of a
        position that gained on those days. Incremental says what selling all of it would change, marginal what a dollar
        more would, as long as the same days stay the worst ones.
    """,
    method="""
        The value at risk lies between two sessions (counted from the worst, places ⌊k⌋ and ⌊k⌋ + 1, k = (1 − level) ×
        (n − 1)). What the position lost on these two, weighed alike, is its component; of the expected shortfall it is
        its mean loss over the same worst sessions. Letters as in [value at risk](value-at-risk.md). It is worked out
        when asked, by one method at one level: `sigmasight risk --method --level`; the library gives it for filtered,
        99 %.
    """,
    limits=(
        """
        **Noisy.** Of historical and filtered value at risk the components are those of two days. Another quantile, two
        other days: a component may turn its sign. Those of the expected shortfall stand on five days at 99 % and are
        the better guide; those of the normal one on all.
        """,
        "Incremental figures do not add up. Without the position other days are the worst.",
        """
        Lots are positions of their own. Of two lots of one share each has its part; a share and an option on it have
        theirs.
        """,
        """
        What is left out of the value at risk has no component (a dash). A share is empty where the value at risk is 0,
        marginal where the delta-adjusted exposure is 0.
        """,
        "Of one day, whatever the horizon.",
    ),
    source="""
        Tasche, Risk contributions and performance measurement (1999), and Capital allocation to business units and
        sub-portfolios: the Euler principle (2008), in Resti (ed.), *Pillar II in the New Basel Accord*.
    """,
    tables=(FEW, WHOLE),
)
