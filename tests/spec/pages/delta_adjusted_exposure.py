"""Notional and delta-adjusted exposure."""

from spec.answers import exposures
from spec.page import Page, Table

POSITIONS = Table(
    caption="Positions",
    check=exposures,
    rows="""
        quantity | multiplier | price | spot | delta || exposure   | notional   | delta-adjusted || from
        100      | 1          | 50    | 50   | 1     || 5,000.00   | 5,000.00   | 5,000.00       || 100 shares
        -200     | 1          | 52    | 52   | 1     || -10,400.00 | -10,400.00 | -10,400.00     || 200 shares short
        10       | 100        | 4     | 50   | 0.6   || 4,000.00   | 50,000.00  | 30,000.00      || calls
        -10      | 100        | 4     | 50   | 0.6   || -4,000.00  | -50,000.00 | -30,000.00     || written calls
        10       | 100        | 2.5   | 40   | -0.3  || 2,500.00   | 40,000.00  | -12,000.00     || puts
        -10      | 100        | 2.5   | 40   | -0.3  || -2,500.00  | -40,000.00 | 12,000.00      || written puts
        1        | 100        | 5     | 45   | 0     || 500.00     | 4,500.00   | 0.00           || an expired put on 50
        10       | 100        | 4     | 50   | —     || 4,000.00   | 50,000.00  | —              || delta not known
        10       | 100        | 4     | —    | 0.6   || 4,000.00   | —          | —              || spot not known
        10       | 100        | —     | 50   | 0.6   || —          | 50,000.00  | 30,000.00      || price not known
        100      | 1          | —     | —    | 1     || —          | —          | —              || share without price
    """,
)

PAGE = Page(
    name="delta-adjusted-exposure",
    title="Notional and delta-adjusted exposure",
    definition="What an option is a right to, and how much of that moves with the price of the underlying.",
    unit="USD, signed",
    formula="""
        exposure                = quantity × price × multiplier
        notional                = quantity × S × multiplier          of an option; of anything else, the exposure
        delta-adjusted exposure = Δ × notional                       of an option; of anything else, the exposure

        quantity    signed, short < 0; of options in contracts
        multiplier  1 for shares, 100 for a standard option
        S           spot: price of the underlying; of a share, its own
    """,
    reading="""
        Ten calls at $4 cost $4,000 (exposure), are a right to 1,000 shares worth $50,000 (notional), and with a delta
        of 0.6 gain and lose like $30,000 of the shares (delta-adjusted).
    """,
    method="""
        Products, nothing else. A share's delta is 1, an expired option's 0. An option's delta comes from its
        [model](delta.md), its price from the [market](../valuation.md).
    """,
    limits=(
        """
        Notional is no measure of risk: it is the same for an option that is nearly a share and for one that is nearly
        nothing.
        """,
        """
        Delta-adjusted exposure is the [dollar delta](position-greeks.md) by another name, and like it holds for small
        moves. Its sign says which way one gains: a put is short, a written put is long.
        """,
        "[Concentration](../valuation.md) (HHI, top 3, top 10) is measured on it, without its sign.",
        """
        An option whose delta is not known has no delta-adjusted exposure, which is not 0: sums are over what is known,
        and `delta_coverage` says how much that is. Without a price of the underlying there is no notional either.
        """,
    ),
    source="The definitions above; all rows are worked by hand.",
    tables=(POSITIONS,),
)
