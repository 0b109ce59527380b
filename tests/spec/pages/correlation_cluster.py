"""Names that move together."""

from spec.correlation_answers import named, pair, triple
from spec.page import Page, Table

TWO = Table(
    caption="Two names",
    check=pair,
    note="√((1 − 0.7) / 2) = √0.15 = 0.3873 is where the tree is cut.",
    rows="""
        correlation || distance | default  | classic  || from
        1           || 0.0000   | together | together || the same
        0.9         || 0.2236   | together | together || √0.05
        0.7         || 0.3873   | together | together || √0.15: just
        0.69        || 0.3937   | apart    | apart    || √0.155
        0           || 0.7071   | apart    | apart    || √0.5
        -0.9        || 0.9747   | apart    | together || √0.95; classic takes what moves against it too
    """,
)

THREE = Table(
    caption="Three names",
    check=triple,
    note="""
        First row: A and B are joined at √0.1 = 0.316. C is at √0.1 from B and at √0.3 = 0.548 from A, 0.432 on average,
        which is beyond 0.387. Classic goes from A over B to C.
    """,
    rows="""
        A, B | B, C | A, C | threshold || default | classic || from
        0.8  | 0.8  | 0.4  | 0.7       || AB, C   | ABC     || a chain
        0.9  | 0.9  | 0.8  | 0.7       || ABC     | ABC     || (0.224 + 0.316) / 2
        0.8  | -0.8 | -0.8 | 0.7       || AB, C   | ABC     || C goes the other way
        0.8  | 0.5  | 0.5  | 0.7       || AB, C   | AB, C   || C is alone
        0.5  | 0.5  | 0.5  | 0.7       || A, B, C | A, B, C || each alone
        0.5  | 0.5  | 0.5  | 0.4       || ABC     | ABC     || a lower threshold
    """,
)

NAMED = Table(
    caption="Names and weights",
    check=named,
    note="""
        A and B move alike, at 0.92, and so do C and D. What the cluster of A and B is called and weighs; tags and
        sectors of C and D play no part but in the last row, where both carry `oil`.
    """,
    rows="""
        A     |B      |C     |D     |A's tags|B's tags  |A's sector|B's sector||nickname    |gross  |net ||from
        60,000|-20,000|10,000|10,000|oil     |hedge, oil|Energy    |Energy    ||oil         |80 %   |40 %||both carry it
        60,000|-20,000|10,000|10,000|oil     |none      |Energy    |Energy    ||Energy      |80 %   |40 %||no common tag
        60,000|-20,000|10,000|10,000|oil     |none      |Energy    |Utilities ||A lookalikes|80 %   |40 %||nor sector
        60,000|-60,000|10,000|10,000|none    |none      |none      |none      ||A lookalikes|85.71 %|0 % ||a hedge
        10,000|10,000 |60,000|20,000|oil     |oil       |Energy    |Energy    ||Energy      |20 %   |20 %||oil is taken
    """,
)

PAGE = Page(
    name="correlation-cluster",
    title="Correlation cluster",
    definition="Names whose correlation is about 0.7 or more: one bet under several names.",
    unit="gross and net weight, concentration: share of the delta-adjusted gross of all names",
    formula="""
        distance      = √((1 − ρ) / 2)
        default       average linkage on it, cut at √((1 − 0.7) / 2) = 0.387
        classic       connected components of all pairs with |ρ| ≥ 0.7

        gross weight  = Σ |exposure| of its names / Σ |exposure| of all names
        net weight    = Σ exposure of its names / Σ |exposure| of all names
        concentration = Σ gross weight over the clusters
    """,
    reading="""
        A cluster with a gross weight of 40 % and a net weight of 40 % is a bet of 40 % on one thing. With a net weight
        of 5 % it is a hedge: longs and shorts of the same kind.
    """,
    method="""
        Average linkage: each name begins alone; the two groups with the least mean distance between their names are
        joined, again and again, as long as that is not over the cut. A cluster has two names or more. The order of the
        names in the results is that of the tree's leaves, for a dendrogram.

        **Nickname**: a tag that a position on each of its names carries (the first one by the alphabet), else the
        sector that all are in, else "*the largest* lookalikes". No two clusters of a portfolio have one nickname: the
        larger takes it, the other the next best. `average_correlation` is that of its pairs.

        Which names take part: [correlation](correlation.md). The threshold is a parameter (`--threshold`); `--method
        classic` makes the other clusters, and lets 20 sessions be enough.
    """,
    limits=(
        """
        A cut has two sides. At 0.69 there is no cluster, at 0.70 there is; on 90 sessions the two are one number.
        """,
        """
        Average linkage does not say that each pair is at 0.7: one may be under it, if the others are above. Classic
        says even less: only that there is a chain.
        """,
        "What moves against the others is in no default cluster with them. A short of it is no member either.",
        """
        Weights are shares of the gross of all names, also of those that the filter left out. So concentration is under
        100 % where something is left out.
        """,
        "Concentration is 0 where there is no cluster and empty where there is no name.",
    ),
    source="""
        López de Prado, Building diversified portfolios that outperform out of sample, *Journal of Portfolio Management*
        42 (2016), for the distance; Sokal, Michener (1958) for average linkage. The numbers are from plain Python too
        ([plain_correlations.py](../../../tests/spec/plain_correlations.py)).
    """,
    tables=(TWO, THREE, NAMED),
)
