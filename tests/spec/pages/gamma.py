"""Gamma of an option."""

from spec.answers import option
from spec.page import Page, Table

EUROPEAN = Table(
    caption="European",
    check=option,
    note="By hand: n(0.1) = 0.3970.",
    rows="""
        spot | strike | years  | rate | volatility | option        || gamma  || from
        49   | 50     | 0.3846 | 5 %  | 20 %       | European call || 0.066  || Hull, ch. 19
        55   | 60     | 0.75   | 10 % | 30 %       | European call || 0.0278 || Haug, p. 11-16
        55   | 60     | 0.75   | 10 % | 30 %       | European put  || 0.0278 || Haug, p. 11-16
        100  | 100    | 1      | 0 %  | 20 %       | European call || 0.0198 || n(0.1) / (100 × 0.2)
    """,
)

AMERICAN = Table(
    caption="American",
    check=option,
    rows="""
        spot | strike | years | rate | yield | volatility | option        || gamma  || from
        40   | 35     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || 0.0362 || QuantLib
        40   | 40     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || 0.0712 || QuantLib
        40   | 45     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || 0.0793 || QuantLib
        100  | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || 0.0179 || QuantLib
    """,
)

EDGES = Table(
    caption="At the edges",
    check=option,
    rows="""
        spot | strike | years | rate | volatility | option        || gamma | status     || from
        75   | 100    | 0.5   | 5 %  | 20 %       | American put  || 0     | exercise   || delta stays −1
        100  | 100    | 0     | 5 %  | 20 %       | European call || 0     | expired    || delta stays 0
        100  | 90     | 1     | 5 %  | 0 %        | European call || 0     | ok         || delta stays 1
        100  | 100    | 1     | —    | 20 %       | European call || —     | not_finite || no rate
    """,
)

PAGE = Page(
    name="gamma",
    title="Gamma",
    definition="How much an option's delta changes when its underlying's price rises by $1.",
    unit="change of delta, for $1 of the underlying",
    formula="""
        Γ = ∂²V / ∂S²

        European call and put   e^(−qT) n(d₁) / (S σ √T)          ≥ 0
        a share                 0
    """,
    reading="""
        A delta of 0.522 and a gamma of 0.066: after the share has risen by $1 the delta is about 0.588. Who holds
        options has a positive gamma, who has written them a negative one: large moves help the one and hurt the other.
        The letters are those of [the option's price](option-price.md).
    """,
    method="""
        * **European**: the closed form; a call and a put of the same strike and expiry have the same.
        * **American**: the second derivative of the price's own integral.
        * **On a tree** (dividends on known dates): how the slope changes over the nodes around the spot.
    """,
    limits=(
        """
        Per $1, so that options on shares of different prices do not compare: per 1 % is the position's [dollar
        gamma](position-greeks.md).
        """,
        """
        Large and narrow shortly before expiry at the strike: there it holds for a move of a few cents only.
        """,
        """
        Where an American option is best exercised at once, 0; just on the other side of the boundary it is not: gamma
        jumps there.
        """,
        "0 for an expired option and at a volatility of 0.",
        "Empty for the reasons for which the [price](option-price.md#limits) is.",
    ),
    source="""
        Hull, *Options, Futures, and Other Derivatives*, ch. 19. Haug, *The Complete Guide to Option Pricing Formulas*
        (1998), p. 11-16. "QuantLib" is QuantLib 1.44; of American options, differences of the prices of its
        `QdFpAmericanEngine`.
    """,
    tables=(EUROPEAN, AMERICAN, EDGES),
)
