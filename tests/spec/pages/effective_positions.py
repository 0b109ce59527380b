"""How many positions a book really is."""

from spec.correlation_answers import alike, diversification, missing
from spec.page import Page, Table

MANY = Table(
    caption="Many names alike",
    check=alike,
    note="As many long names of one size, each pair with the same correlation: n / (1 + (n − 1) ρ).",
    rows="""
        names | correlation || effective | by weight | average || from
        20    | 0           || 20.00     | 20.00     | 0.00    || independent
        20    | 0.3         || 2.99      | 20.00     | 0.30    || 20 / 6.7
        20    | 0.5         || 1.90      | 20.00     | 0.50    || 20 / 10.5
        100   | 0.5         || 1.98      | 100.00    | 0.50    || eighty more names bring next to nothing
        20    | 1           || 1.00      | 20.00     | 1.00    || one name
    """,
)

TWO = Table(
    caption="Two names",
    check=diversification,
    note="""
        A and B are exposures, of any scale. Second row: weights of ½, w'Rw = ¼ + ¼ + 2 × ½ × ½ × 0.5 = ¾. Third row,
        the second one short: ¼ + ¼ − ¼.
    """,
    rows="""
        A | B  | σ of A | of B | correlation || effective | equal weights | by weight | ratio squared || from
        1 | 1  | 1 %    | 1 %  | 0           || 2.000     | 2.000         | 2.000     | 2.000         || two
        1 | 1  | 1 %    | 1 %  | 0.5         || 1.333     | 1.333         | 2.000     | 1.333         || 4/3
        1 | -1 | 1 %    | 1 %  | 0.5         || 4.000     | 1.333         | 2.000     | 4.000         || a hedge: 1 / ¼
        1 | 1  | 1 %    | 1 %  | -0.5        || 4.000     | 4.000         | 2.000     | 4.000         || likewise
        3 | 1  | 1 %    | 2 %  | 0.5         || 1.231     | 1.333         | 1.600     | 1.316         || 16/13; 25/19
        1 | -1 | 1 %    | 1 %  | 1           || —         | 1.000         | 2.000     | —             || fully hedged
        3 | -1 | 1 %    | 3 %  | 1           || 4.000     | 1.000         | 1.600     | —             || hedged by risk
    """,
)

MISSING = Table(
    caption="What is missing, and why",
    check=missing,
    note="$20,000 of each name, 90 sessions.",
    rows="""
        held                             || effective | why          | average | why not      || from
        A and B                          || 2.00      | none         | 0.00    | none         || two
        A, and B that moves alike, short || —         | fully_hedged | 1.00    | none         || 1 / 0
        A alone                          || 1.00      | none         | —       | not_modelled || no pair
        A, and B of 30 sessions          || 1.00      | none         | —       | no_history   || B is left out
        A of $9,000                      || —         | not_modelled | —       | not_modelled || filtered out
        nothing                          || —         | not_modelled | —       | not_modelled || no name
    """,
)

PAGE = Page(
    name="effective-positions",
    title="Effective positions",
    definition="How many independent positions of one size would be as diversified as the portfolio.",
    unit="count",
    formula="""
        w = exposure / Σ |exposure|, signed        R = correlations of the names        σ = their volatilities

        effective positions            = 1 / wᵀ R w
        with equal weights (classic)   = 1 / wᵀ R w with w = 1/n each, all of them long
        by weight                      = 1 / Σ w²
        diversification ratio squared  = (Σ |w| σ)² / (w σ)ᵀ R (w σ)
    """,
    reading="""
        Twenty shares that correlate by 0.5 are not quite two positions. By weight they are twenty: that number knows
        nothing of correlation, and the gap between the two is what one thought to have and has not.
    """,
    method="""
        Over the names that take part in the [correlations](correlation.md). Signed weights count a long and a short of
        what moves together as a hedge: they raise the number. With equal weights it is a property of the names,
        whatever is held of each. The ratio squared is the first one with volatilities: the sum of the names' own risks
        over the risk of the whole.

        The `effective_positions` of the [snapshot](../snapshot.md) are those by weight, of every instrument, each night
        ([valuation](../valuation.md)); here it is of names that pass the filter.
    """,
    limits=(
        """
        **Large is not safe.** A book of a long and a short that hedge each other has a huge number, since its remaining
        risk is small against its size. Where wᵀRw is below 1e-12 it is empty, `fully_hedged`.
        """,
        "The first number takes all names for equally volatile. The ratio squared does not.",
        "It stands on 90 sessions: correlations of a calm time make many positions.",
        """
        Empty where no name takes part: `no_history` where names were left out for want of it; what else blocks a
        position, such as `no_price`; `not_modelled` where nothing is held, or nothing passes the filter.
        """,
    ),
    source="""
        Choueifaty, Coignard, Toward maximum diversification, *Journal of Portfolio Management* 35 (2008), for the
        ratio; Meucci, Managing diversification, *Risk* 22 (2009), for the idea. The numbers are from plain Python too
        ([plain_correlations.py](../../../tests/spec/plain_correlations.py)).
    """,
    tables=(MANY, TWO, MISSING),
)
