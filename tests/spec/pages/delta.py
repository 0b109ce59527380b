"""Delta of an option."""

from spec.answers import option, option_with_dividends
from spec.page import Page, Table

EUROPEAN = Table(
    caption="European",
    check=option,
    note="By hand: N(0.1) = 0.5398.",
    rows="""
        spot | strike | years  | rate | yield | volatility | option        || delta   || from
        49   | 50     | 0.3846 | 5 %  | 0 %   | 20 %       | European call || 0.522   || Hull, ch. 19
        49   | 50     | 0.3846 | 5 %  | 0 %   | 20 %       | European put  || -0.478  || 0.522 − 1
        105  | 100    | 0.5    | 10 % | 10 %  | 36 %       | European call || 0.5946  || Haug, p. 11-16
        105  | 100    | 0.5    | 10 % | 10 %  | 36 %       | European put  || -0.3566 || Haug, p. 11-16
        100  | 100    | 1      | 0 %  | 0 %   | 20 %       | European call || 0.5398  || N(0.1)
        100  | 100    | 1      | 0 %  | 0 %   | 20 %       | European put  || -0.4602 || N(0.1) − 1
    """,
)

AMERICAN = Table(
    caption="American",
    check=option,
    rows="""
        spot | strike | years | rate | yield | volatility | option        || delta  || from
        40   | 35     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || -0.135 || QuantLib
        40   | 40     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || -0.427 || QuantLib
        40   | 45     | 0.6   | 5 %  | 0 %   | 40 %       | American put  || -0.579 || QuantLib
        90   | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || 0.328  || QuantLib
        110  | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || 0.677  || QuantLib
    """,
)

DATED_DIVIDENDS = Table(
    caption="Dividends on known dates",
    check=option_with_dividends,
    note="Each dividend is in USD per share, with the years until its ex-date.",
    rows="""
        spot | strike | years | rate | volatility | dividends                | option        || delta   || from
        100  | 100    | 0.6   | 5 %  | 25 %       | 1 after 0.2, 1 after 0.4 | European put  || -0.4408 || QuantLib
        100  | 100    | 0.6   | 5 %  | 25 %       | 1 after 0.2, 1 after 0.4 | American put  || -0.458  || QuantLib
        150  | 150    | 0.4   | 5 %  | 20 %       | 5 after 0.2              | European call || 0.4825  || QuantLib
        150  | 150    | 0.4   | 5 %  | 20 %       | 5 after 0.2              | American call || 0.544   || QuantLib
    """,
)

EDGES = Table(
    caption="At the edges",
    check=option,
    rows="""
        spot | strike | years | rate | yield | volatility | option        || delta  | status     || from
        75   | 100    | 0.5   | 5 %  | 0 %   | 20 %       | American put  || -1     | exercise   || 100 − S
        110  | 100    | 0     | 5 %  | 0 %   | 20 %       | European call || 0      | expired    || its payment is fixed
        110  | 100    | 1     | 5 %  | 2 %   | 0 %        | European call || 0.9802 | ok         || e^(−0.02)
        90   | 100    | 1     | 5 %  | 0 %   | 0 %        | European call || 0      | ok         || 90 e^0.05 < 100
        100  | 100    | 1     | 0 %  | 0 %   | 0 %        | European call || 0      | ok         || at the strike
        —    | 100    | 1     | 5 %  | 0 %   | 20 %       | European call || —      | not_finite || no spot
    """,
)

PAGE = Page(
    name="delta",
    title="Delta",
    definition="How much an option's price changes when its underlying's price rises by $1.",
    unit="USD per share, for $1 of the underlying",
    formula="""
        Δ = ∂V / ∂S

        European call   e^(−qT) N(d₁)            between 0 and 1
        European put   −e^(−qT) N(−d₁)           between −1 and 0
        a share         1
    """,
    reading="""
        A call with a delta of 0.52 gains about $0.52 when the share rises by $1; as far as small moves go, holding it
        is holding 0.52 of a share. A put's delta is negative. The letters are those of [the option's
        price](option-price.md).
    """,
    method="""
        * **European**: the closed form.
        * **American**: the derivative of the price's own integral; within 1e-3 of QuantLib's, `accurate` within 1e-4.
        * **On a tree** (dividends on known dates): the slope through the nodes around the spot.
    """,
    limits=(
        """
        The slope at today's spot. For a move of several per cent [gamma](gamma.md) matters, and for a larger one only a
        new price does.
        """,
        "The volatility is held where it is; in a market it moves when the spot moves.",
        """
        Not the probability of ending in the money, which is N(d₂) under the model's own odds.
        """,
        """
        An American option that is best exercised at once has a delta of exactly 1 or −1. An expired one has 0, in the
        money too: what it pays is fixed.
        """,
        """
        At a volatility of 0 it is 0 or ±e^(−qT), by the side on which the forward price lies; exactly at the strike it
        is 0.
        """,
        "Empty for the reasons for which the [price](option-price.md#limits) is.",
    ),
    source="""
        Hull, *Options, Futures, and Other Derivatives*, ch. 19. Haug, *The Complete Guide to Option Pricing Formulas*
        (1998), p. 11-16. "QuantLib" is QuantLib 1.44; of American options, differences of the prices of its
        `QdFpAmericanEngine`.
    """,
    tables=(EUROPEAN, AMERICAN, DATED_DIVIDENDS, EDGES),
)
