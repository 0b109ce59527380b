"""Greeks of a position, and dollar Greeks."""

from spec.answers import position, two_stocks
from spec.page import Page, Table

DELTA = Table(
    caption="Delta",
    check=position,
    rows="""
        quantity | multiplier | spot | delta || position delta | dollar delta || from
        100      | 1          | 50   | 1     || 100            | 5,000.00     || 100 shares at $50
        -200     | 1          | 52   | 1     || -200           | -10,400.00   || 200 shares short
        -20      | 100        | 100  | 0.6   || -1,200         | -120,000.00  || Hull: hedged by 1,200 shares
        10       | 100        | 50   | -0.4  || -400           | -20,000.00   || puts: −400 × 50
        -10      | 100        | 50   | -0.4  || 400            | 20,000.00    || the same, written
        10       | 100        | —    | 0     || 0              | 0.00         || expired: 0 whatever the spot
        10       | 100        | 50   | —     || —              | —            || delta not known
        10       | 100        | —    | 0.6   || 600            | —            || no price of the underlying
    """,
)

GAMMA = Table(
    caption="Gamma",
    check=position,
    rows="""
        quantity | multiplier | spot | gamma || position gamma | dollar gamma || from
        100      | 1          | 50   | 0     || 0              | 0.00         || 100 shares
        20       | 100        | 10   | 1.5   || 3,000          | 3,000.00     || Hull: against a gamma of −3,000
        10       | 100        | 50   | 0.05  || 50             | 1,250.00     || 0.01 × 50 × 50²
        -10      | 100        | 50   | 0.05  || -50            | -1,250.00    || the same, written
        10       | 100        | 50   | —     || —              | —            || gamma not known
        10       | 100        | —    | 0.04  || 40             | —            || no price of the underlying
    """,
)

THETA_VEGA_RHO = Table(
    caption="Theta, vega, rho",
    check=position,
    note="The first two are a hundred contracts of Hull's call, the first on the other pages: held, and written.",
    rows="""
        quantity | multiplier | theta per day | vega per point | rho per 1 % || theta   | vega      | rho     || from
        100      | 100        | -0.0118       | 0.121          | 0.0891      || -118.00 | 1,210.00  | 891.00  || held
        -100     | 100        | -0.0118       | 0.121          | 0.0891      || 118.00  | -1,210.00 | -891.00 || written
        1        | 100        | —             | 0.121          | 0.0891      || —       | 12.10     | 8.91    || no Θ
        100      | 1          | 0             | 0              | 0           || 0.00    | 0.00      | 0.00    || shares
    """,
)

TWO_UNDERLYINGS = Table(
    caption="Two underlyings",
    check=two_stocks,
    note="Counted in shares the first book looks flat and the second long; in dollars it is the other way round.",
    rows="""
        shares of A | price of A | shares of B | price of B || shares together | dollar delta together || from
        100         | 10         | -100        | 500        || 0               | -49,000.00            || 1,000 − 50,000
        500         | 10         | -10         | 500        || 490             | 0.00                  || 5,000 − 5,000
    """,
)

PAGE = Page(
    name="position-greeks",
    title="Position Greeks, dollar delta, dollar gamma",
    definition="The Greeks of what is held: those of one share times quantity times multiplier, and in dollars.",
    unit="delta in shares, gamma in shares per $1; theta, vega, rho, dollar delta and dollar gamma in USD",
    formula="""
        position Greek = Greek per share × quantity × multiplier
        dollar delta   = Δ × S × quantity × multiplier
        dollar gamma   = 0.01 × Γ × S² × quantity × multiplier          for a move of 1 %

        quantity    signed, short < 0; of options in contracts
        multiplier  1 for shares, 100 for a standard option
        S           price of the underlying; of a share, its own
        a share     Δ = 1, all other Greeks 0
    """,
    reading="""
        A position with a delta of −1,200 moves like 1,200 shares sold short; dollar delta is what these shares are
        worth. A dollar gamma of 1,250 says that when the underlying rises by 1 %, the position comes to act like $1,250
        more of it, at today's price. Getting there has earned half of 1 % of that, $6.25, beside what delta earned.
    """,
    method="""
        Products, nothing else. The Greeks per share come from the [option's model](option-price.md), once a night for
        all who hold it. The quantity is on the split basis of the day. A portfolio's delta is the sum of its dollar
        deltas, its gamma that of its dollar gammas; theta, vega and rho are in dollars already.
    """,
    limits=(
        """
        **Across underlyings deltas are added in dollars only.** A hundred shares of one company and a hundred of
        another are not two hundred of anything.
        """,
        """
        A sum over underlyings says what happens when all of them rise by the same share of their price, a sum of vegas
        when every volatility rises by a point. They do not: how they move together is not in it.
        """,
        "Slopes at today's prices, like the Greeks they are made of. What is written has the signs turned.",
        "An expired option's are 0, whether its underlying has a price or not.",
        """
        Empty where the Greek per share is; dollar delta and dollar gamma also where the underlying has no price; and in
        a portfolio that does not allow estimates, where the volatility is one. A sum is over what is known,
        `delta_coverage` says how much that is, and `not_included` lists the rest.
        """,
    ),
    source="""
        The definitions above. "Hull" is Hull, *Options, Futures, and Other Derivatives*, ch. 19 (his examples give no
        spot where it is 10); all else is worked by hand.
    """,
    tables=(DELTA, GAMMA, THETA_VEGA_RHO, TWO_UNDERLYINGS),
)
