"""Rho of an option."""

from spec.answers import option
from spec.page import Page, Table

EUROPEAN = Table(
    caption="European",
    check=option,
    note="Per 1.00 of the rate Hull has 8.91, Haug 38.7325. By hand: N(0.1) = 0.5398.",
    rows="""
        spot | strike | years  | rate | volatility | option        || rho per 1 % || from
        49   | 50     | 0.3846 | 5 %  | 20 %       | European call || 0.0891      || Hull, ch. 19
        72   | 75     | 1      | 9 %  | 19 %       | European call || 0.387325    || Haug, p. 11-16
        100  | 100    | 1      | 0 %  | 20 %       | European call || 0.4602      || 100 N(−0.1) / 100
        100  | 100    | 1      | 0 %  | 20 %       | European put  || -0.5398     || −100 N(0.1) / 100
    """,
)

AMERICAN = Table(
    caption="American",
    check=option,
    rows="""
        spot | strike | years | rate | yield | volatility | option        || rho per 1 % || from
        40   | 40     | 0.2   | 5 %  | 0 %   | 20 %       | American put  || -0.029      || QuantLib
        40   | 40     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || -0.078      || QuantLib
        40   | 45     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || -0.076      || QuantLib
        110  | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || 0.232       || QuantLib
    """,
)

EDGES = Table(
    caption="At the edges",
    check=option,
    rows="""
        spot | strike | years | rate | volatility | option        || rho per 1 % | status     || from
        75   | 100    | 0.5   | 5 %  | 20 %       | American put  || 0           | exercise   || 25 at 6 % too
        110  | 100    | 0     | 5 %  | 20 %       | European call || 0           | expired    || its payment is fixed
        100  | 90     | 1     | 5 %  | 0 %        | European call || 0.8561      | ok         || 90 e^(−0.05) / 100
        100  | 100    | 1     | —    | 20 %       | European call || —           | not_finite || no rate
    """,
)

PAGE = Page(
    name="rho",
    title="Rho",
    definition="How much an option's price changes when the rate rises by 1 %, from 4 % to 5 %.",
    unit="USD per share and 1 % of the rate (0.01)",
    formula="""
        rho = (∂V / ∂r) / 100

        European call    K T e^(−rT) N(d₂) / 100           ≥ 0
        European put    −K T e^(−rT) N(−d₂) / 100          ≤ 0
        a share          0
    """,
    reading="""
        A rho of 0.0891 adds about $0.09 to each share of the option when the rate rises by 1 %. A higher rate makes the
        strike that a call pays later cheaper, and the one that a put is paid later worth less. The letters are those of
        [the option's price](option-price.md).
    """,
    method="""
        * **European**: the closed form.
        * **American**: the difference of two prices, whose exercise boundaries are found side by side.
        * **Dividends on known dates** are discounted at the rate too, which is in it.
    """,
    limits=(
        "The spot, the dividend yield and the volatility are held where they are.",
        """
        One rate for each expiry: the sum over expiries says what happens when the whole curve moves by the same.
        """,
        "What the rate does to the underlying itself is not in it.",
        "0 for an expired option and for one best exercised at once.",
        "Empty for the reasons for which the [price](option-price.md#limits) is.",
    ),
    source="""
        Hull, *Options, Futures, and Other Derivatives*, ch. 19. Haug, *The Complete Guide to Option Pricing Formulas*
        (1998), p. 11-16. "QuantLib" is QuantLib 1.44; of American options, differences of the prices of its
        `QdFpAmericanEngine`.
    """,
    tables=(EUROPEAN, AMERICAN, EDGES),
)
