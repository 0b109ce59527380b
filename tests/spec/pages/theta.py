"""Theta of an option."""

from spec.answers import option
from spec.page import Page, Table

EUROPEAN = Table(
    caption="European",
    check=option,
    note="Per year Hull has −4.31, Haug −31.1924. By hand: n(0.1) = 0.3970; −100 × 0.2 / 2 = −10; 0.05 × 100 = 5.",
    rows="""
        spot | strike | years  | rate | yield | volatility | option        || theta per day || from
        49   | 50     | 0.3846 | 5 %  | 0 %   | 20 %       | European call || -0.0118       || Hull, ch. 19
        430  | 405    | 1/12   | 7 %  | 5 %   | 20 %       | European put  || -0.0855       || Haug, p. 11-16
        100  | 100    | 1      | 0 %  | 0 %   | 20 %       | European call || -0.0109       || −10 n(0.1) / 365
        40   | 100    | 1      | 5 %  | 0 %   | 0 %        | European put  || 0.0130        || 5 e^(−0.05) / 365
    """,
)

AMERICAN = Table(
    caption="American",
    check=option,
    rows="""
        spot | strike | years | rate | yield | volatility | option        || theta per day || from
        40   | 40     | 0.2   | 5 %  | 0 %   | 20 %       | American put  || -0.0076       || QuantLib
        40   | 40     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || -0.0036       || QuantLib
        40   | 45     | 0.6   | 5 %  | 0 %   | 20 %       | American put  || -0.0019       || QuantLib
        100  | 100    | 0.6   | 2 %  | 6 %   | 30 %       | American call || -0.0160       || QuantLib
    """,
)

CAPPED = Table(
    caption="Never more than the price",
    check=option,
    note="""
        At the money and without a rate the slope is −V / (2 T): half a day before the end a day takes all that is left,
        and six hours before the end it would take twice that.
    """,
    rows="""
        spot | strike | years    | rate | volatility | option        || price | theta per day || from
        100  | 100    | 1/365    | 0 %  | 50 %       | European call || 1.04  | -0.52         || 1.04 / 2
        100  | 100    | 0.25/365 | 0 %  | 50 %       | European call || 0.52  | -0.52         || not −1.04
    """,
)

EDGES = Table(
    caption="At the edges",
    check=option,
    rows="""
        spot | strike | years | rate | volatility | option        || theta per day | status     || from
        75   | 100    | 0.5   | 5 %  | 20 %       | American put  || 0             | exercise   || worth 25 today
        110  | 100    | 0     | 5 %  | 20 %       | European call || 0             | expired    || its payment is fixed
        100  | 90     | 1     | 5 %  | 0 %        | European call || -0.0117       | ok         || −4.5 e^(−0.05) / 365
        100  | 100    | —     | 5 %  | 20 %       | European call || —             | not_finite || no expiry
    """,
)

PAGE = Page(
    name="theta",
    title="Theta",
    definition="How much an option's price changes when a calendar day passes and nothing else happens.",
    unit="USD per share and calendar day",
    formula="""
        Θ = (∂V / ∂t) / 365, but never less than −V          t  time that passes, in years

        European call   ∂V/∂t = −S e^(−qT) n(d₁) σ / (2 √T) − r K e^(−rT) N(d₂)  + q S e^(−qT) N(d₁)
        European put    ∂V/∂t = −S e^(−qT) n(d₁) σ / (2 √T) + r K e^(−rT) N(−d₂) − q S e^(−qT) N(−d₁)
        American        ∂V/∂t = r V − (r − q) S Δ − ½ σ² S² Γ          while it is held
        a share         0
    """,
    reading="""
        A theta of −0.0118 takes $0.0118 a day from each share of the option, $1.18 from a contract of 100. The letters
        are those of [the option's price](option-price.md).
    """,
    method="""
        * **European**: the closed form.
        * **American**: from price, delta and gamma by the Black-Scholes equation, which holds as long as the option is
          held.
        * **Dividends on known dates**: the spot is held, so the dividends come nearer, and what fluctuates is worth a
          little less.
        * A calendar day is 1/365 of a year; weekends and holidays are days like others.
    """,
    limits=(
        """
        A slope, not tomorrow's loss: shortly before expiry the decay is faster or slower than the slope by the hour. An
        option cannot lose more than it is worth, and theta never says that it does.
        """,
        """
        Not always negative: a European put deep in the money gains, as the strike that it will be paid comes nearer.
        """,
        "0 where an American option is best exercised at once, and from expiry on.",
        "Empty for the reasons for which the [price](option-price.md#limits) is.",
    ),
    source="""
        Hull, *Options, Futures, and Other Derivatives*, ch. 19. Haug, *The Complete Guide to Option Pricing Formulas*
        (1998), p. 11-16. "QuantLib" is QuantLib 1.44: price, delta and gamma by its `QdFpAmericanEngine`, put into the
        formula above.
    """,
    tables=(EUROPEAN, AMERICAN, CAPPED, EDGES),
)
