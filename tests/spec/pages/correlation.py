"""How two names move together."""

from spec.correlation_answers import filtered, taking_part, three, two
from spec.page import Page, Table

TWO = Table(
    caption="Two names",
    check=two,
    note="""
        Simple returns in per cent, of which logarithms are taken: ln 1.01 = 0.00995, ln 0.99 = −0.01005. Third row: of
        the simple returns it would be 17 / √(10 × 30) = 0.9815.
    """,
    rows="""
        A, %            | B, %             || correlation | volatility of A | sessions || from
        1, 1, -1, -1    | 1, -1, 1, -1     || 0.0000      | 1.1547 %        | 4        || nothing in common
        10, -10, 10, -10| -10, 10, -10, 10 || -1.0000     | 11.5857 %       | 4        || one up, one down
        1, -1, 2, -2    | 2, -1, 3, -4     || 0.9806      | 1.8260 %        | 4        || nearly alike
        1, 2, 3, 4      | 2, 4, 6, 8       || 1.0000      | 1.2596 %        | 4        || nearly: ln 1.08 < 2 ln 1.04
        1, —, 1, -1, -1 | 1, 9, -1, 1, -1  || 0.0000      | 1.1547 %        | 4        || one session counts for neither
    """,
)

COMMON = Table(
    caption="One sample for all, and a sample for each pair",
    check=three,
    note="""
        First four sessions that all have: A returns 1, −1, 1, −1 %, B 1, 1, −1, −1 %, C 1, −1, −1, 1 %. Then three
        times two, up by so many per cent and down again; a dash is two that are missing. A and B move alike on theirs,
        B and C too, A and C against each other. Pair by pair that is a matrix that cannot be: its lowest eigenvalue
        (`lowest by pair`) is negative, so some book would have a negative variance.
    """,
    rows="""
        A's twos|B's     |C's     ||sessions|A, B |lowest|A, B by pair|lowest by pair||from
        5, —, 5 |5, 5, — |—, 5, -5||4       |0.000|1.000 |0.926      |-0.852        ||four in common
        5, 0, 5 |5, 5, 0 |0, 5, -5||10      |0.481|0.039 |0.481      |0.039         ||nothing is missing
    """,
)

PART = Table(
    caption="Who takes part",
    check=taking_part,
    note="""
        Of A ($30,000), B ($20,000) and C ($10,000) the last or the first so many of 90 returns are known. `still`: all
        of them are 0.
    """,
    rows="""
        A       |B       |C      |method ||names|sessions|data        |left out       |marks        ||from
        last 90 |last 90 |last 90|default||A B C|90      |sufficient  |nothing        |none         ||all
        last 90 |last 75 |last 90|default||A B C|75      |limited     |nothing        |short_history||what all have
        last 90 |last 90 |last 59|default||A B  |90      |limited     |C: no_history  |none         ||under 60
        last 90 |last 90 |last 59|classic||A B C|59      |limited     |nothing        |short_history||20 are enough
        last 90 |first 70|last 70|default||A B  |70      |limited     |C: no_history  |short_history||50 in common
        first 70|last 90 |last 70|default||A B  |70      |limited     |C: no_history  |short_history||likewise
        last 90 |last 90 |still  |default||A B  |90      |limited     |C: not_modelled|none         ||C never moves
        last 90 |last 90 |last 9 |classic||A B  |90      |limited     |C: no_history  |none         ||under 20
        last 90 |none    |none   |default||A    |90      |insufficient|B: no_history; C: no_history|none||no pair
    """,
)

FILTER = Table(
    caption="The filter",
    check=filtered,
    note="A, B and C are exposures. $10,000 at least, 1 % of the gross of all names at least.",
    rows="""
        A        |B      |C     |filter     |view     ||names|coverage||from
        20,000   |9,000  |150   |both       |portfolio||A    |68.6 %  ||B is under $10,000
        20,000   |9,000  |150   |weight_only|portfolio||A B  |99.5 %  ||C is 0.5 %
        20,000   |9,000  |150   |value_only |portfolio||A    |68.6 %  ||only A is over $10,000
        2,000,000|15,000 |-9,000|both       |portfolio||A    |98.8 %  ||B is 0.7 %
        2,000,000|15,000 |-9,000|value_only |portfolio||A B  |99.6 %  ||C is under $10,000
        2,000,000|15,000 |-9,000|either     |portfolio||A B  |99.6 %  ||C passes neither
        50,000   |-20,000|15,000|both       |portfolio||A B C|100 %   ||shorts too
        50,000   |-20,000|15,000|both       |longs    ||A C  |76.5 %  ||one side
        50,000   |-20,000|15,000|both       |shorts   ||B    |23.5 %  ||the other
    """,
)

PAGE = Page(
    name="correlation",
    title="Correlation of names",
    definition="How alike two names of a portfolio moved over the past 90 sessions.",
    unit="−1 to 1",
    formula="""
        x = ln(1 + return), of closes adjusted for splits and dividends
        ρ = Σ (x − mean of x) (y − mean of y) / √(Σ (x − mean of x)² × Σ (y − mean of y)²)

        average correlation = the mean over all pairs
    """,
    reading="""
        1: they went the same way in the same proportion. 0: nothing in common. −1: one up when the other was down. Of a
        long and a short it is that of the shares: 1 is a hedge then.
    """,
    method="""
        A **name** is an underlying with all that is held on it: shares, and options by their delta. A name takes part
        when its exposure passes the filter: $10,000 of delta-adjusted exposure *and* 1 % of the gross of all names
        (`both`; also `either`, `value_only`, `weight_only`). Names that do not are listed as `filtered_out`.

        All names have **the same sessions**: those of the last 90 on which each of them has a return, 60 at least. So
        the matrix is positive semi-definite: no book of these names has a negative variance. A name with fewer than 60
        returns of its own is left out, `no_history`, and so is one that did not move, `not_modelled`. Where the others
        have too few in common, the one with the fewest returns leaves, of equals the smallest exposure first, until
        they have enough; it is listed, `no_history`.

        `data_quality`: `sufficient` is all 90 sessions and no name left out for want of history, `insufficient` no two
        names, `limited` anything between. Classic: 20 sessions are enough.

        What the night keeps and when: [correlations in the night](../correlations.md). What they are used for:
        [clusters](correlation-cluster.md), [effective positions](effective-positions.md).
    """,
    limits=(
        """
        Four months, equal weights. The error of a correlation of 0 on 90 sessions is about 0.1; of one of 0.9 about
        0.02.
        """,
        "Correlations rise in a fall. The past 90 sessions may have been calm.",
        """
        Closes of one instant: what trades elsewhere, and mutual funds whose price lags, correlate too little with the
        rest.
        """,
        """
        Options through their underlying. A long straddle has hardly any exposure and may be filtered out, whatever it
        risks.
        """,
        """
        `coverage` is the share of gross, options at their price, that is in names that take part; what has expired does
        not count. The filter's weight is of the delta-adjusted gross.
        """,
        """
        A name of which less is known costs all names sessions, as long as 60 are left. `sessions` says how many there
        were; below 90 they are marked `short_history`.
        """,
        "The average is empty where there is no pair: `no_history` where names were left out, else `not_modelled`.",
    ),
    source="""
        Pearson's correlation. That a sample for each pair need not give a positive semi-definite matrix: Higham,
        Computing the nearest correlation matrix, *IMA Journal of Numerical Analysis* 22 (2002). The numbers are from
        plain Python too ([plain_correlations.py](../../../tests/spec/plain_correlations.py)).
    """,
    tables=(TWO, COMMON, PART, FILTER),
)
