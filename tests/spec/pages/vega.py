"""Vega of an option."""

from spec.answers import option
from spec.page import Page, Table

EUROPEAN = Table(
    caption="European",
    check=option,
    note="Per 1.00 of volatility Hull has 12.1, Haug 18.9358. By hand: n(0.1) = 0.3970.",
    rows="""
        spot | strike | years  | rate | volatility | option        || vega per point || from
        49   | 50     | 0.3846 | 5 %  | 20 %       | European call || 0.121          || Hull, ch. 19
        55   | 60     | 0.75   | 10 % | 30 %       | European call || 0.189358       || Haug, p. 11-16
        55   | 60     | 0.75   | 10 % | 30 %       | European put  || 0.189358       || Haug, p. 11-16
        100  | 100    | 1      | 0 %  | 20 %       | European call || 0.397          || 100 n(0.1) / 100
    """,
)

AMERICAN = Table(
    caption="American",
    check=option,
    rows="""
        spot | strike | years | rate | yield | volatility | option        || vega per point || from
        40   | 40     | 0.2   | 5 %  | 0 %   | 20 %       | American put  || 0.0702         || QuantLib
        40   | 40     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || 0.1187         || QuantLib
        40   | 45     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || 0.0794         || QuantLib
        100  | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || 0.299          || QuantLib
    """,
)

EDGES = Table(
    caption="At the edges",
    check=option,
    rows="""
        spot | strike | years | rate | volatility | option        || vega per point | status     || from
        75   | 100    | 0.5   | 5 %  | 20 %       | American put  || 0              | exercise   || 25 at 21 % too
        100  | 100    | 0     | 5 %  | 20 %       | European call || 0              | expired    || its payment is fixed
        100  | 90     | 1     | 5 %  | 0 %        | European call || 0              | ok         || sure to be exercised
        100  | 100    | 1     | 5 %  | —          | European call || —              | not_finite || no volatility
    """,
)

PAGE = Page(
    name="vega",
    title="Vega",
    definition="How much an option's price changes when its volatility rises by one point, from 20 % to 21 %.",
    unit="USD per share and point of volatility (0.01)",
    formula="""
        vega = (∂V / ∂σ) / 100

        European call and put   S e^(−qT) n(d₁) √T / 100          ≥ 0
        a share                 0
    """,
    reading="""
        A vega of 0.121 adds about $0.12 to each share of the option when the market expects one point more of
        volatility. The letters are those of [the option's price](option-price.md).
    """,
    method="""
        * **European**: the closed form; a call and a put of the same strike and expiry have the same.
        * **American**: the difference of two prices, whose exercise boundaries are found side by side.
    """,
    limits=(
        """
        Expiries do not move together: one point more for next week and one for next year are different events, so that
        the sum of vegas over expiries says what happens only if all move by the same.
        """,
        "The slope at today's volatility. Far from the money it changes fast with the volatility itself.",
        "0 for an expired option, for one best exercised at once, and at a volatility of 0.",
        """
        Below 1e-8 of the spot (per 1.00 of volatility) a price tells nothing about volatility: [implied
        volatility](implied-volatility.md) is then not identified.
        """,
        "Empty for the reasons for which the [price](option-price.md#limits) is.",
    ),
    source="""
        Hull, *Options, Futures, and Other Derivatives*, ch. 19. Haug, *The Complete Guide to Option Pricing Formulas*
        (1998), p. 11-16. "QuantLib" is QuantLib 1.44; of American options, differences of the prices of its
        `QdFpAmericanEngine`.
    """,
    tables=(EUROPEAN, AMERICAN, EDGES),
)
