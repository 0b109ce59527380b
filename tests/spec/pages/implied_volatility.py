"""The volatility that an option's price tells."""

from spec.answers import implied_volatility
from spec.page import Page, Table

FOUND = Table(
    caption="Found",
    check=implied_volatility,
    note="But for the first, prices that the volatility made, which is found again to the digits of the price.",
    rows="""
        price  | spot | strike | years | rate | yield | option        || volatility || from
        1.875  | 21   | 20     | 0.25  | 10 % | 0 %   | European call || 23.5 %     || Hull, ch. 15
        4.76   | 42   | 40     | 0.5   | 10 % | 0 %   | European call || 20.0 %     || Hull, ch. 15
        2.4648 | 100  | 95     | 0.5   | 10 % | 5 %   | European put  || 20.00 %    || Haug, p. 2-8
        2.0036 | 40   | 40     | 0.6   | 5 %  | 0 %   | American put  || 20.00 %    || QuantLib
        7.4192 | 40   | 45     | 0.6   | 5 %  | 0 %   | American put  || 40.00 %    || QuantLib
        8.1545 | 100  | 100    | 0.6   | 2 %  | 6 %   | American call || 30.00 %    || QuantLib
    """,
)

NOT_IDENTIFIED = Table(
    caption="Not identified",
    check=implied_volatility,
    note="The floor of the first is 21 − 20 e^(−0.025) = 1.494, that of the second 100 − 90.",
    rows="""
        price      | spot | strike | years | rate | option        || volatility | status          || from
        1.49       | 21   | 20     | 0.25  | 10 % | European call || —          | below_intrinsic || at least 1.494
        10.00      | 90   | 100    | 0.5   | 5 %  | American put  || —          | below_intrinsic || at least 10
        100.00     | 100  | 100    | 0.5   | 5 %  | European call || —          | above_maximum   || less than a share
        0.00000001 | 100  | 300    | 0.1   | 5 %  | European call || —          | low_vega        || next to nothing
        10.00      | 90   | 100    | 0     | 5 %  | American put  || —          | expired         || no time left
        —          | 90   | 100    | 0.5   | 5 %  | American put  || —          | not_finite      || no price
    """,
)

PAGE = Page(
    name="implied-volatility",
    title="Implied volatility",
    definition="The volatility at which the model gives an option's market price.",
    unit="fraction per year; shown in per cent",
    formula="""
        the σ for which   V(σ) = market price
    """,
    reading="""
        A call costs 1.875; at a volatility of 23.5 % the model gives the same, so 23.5 % is what the market
        expects, in the model's words. The letters are those of [the option's price](option-price.md).
    """,
    method="""
        The market price is the mid of bid and ask, else the last price. Price and volatility are matched on the same
        model that gives the Greeks, American options with early exercise. The logarithm of what the price is above its
        floor is followed by secants inside a bracket from 0.0001 % to 1,000 %.

        The floor is the least that any volatility gives: S e^(−qT) − K e^(−rT) for a European call, its negative for a
        put, 0 at least; for an American option also the intrinsic value. The ceiling is the most: S e^(−qT) for a
        European call and K e^(−rT) for a put; for an American one S and K, where these are more.

        | status | what it means |
        |---|---|
        | `ok` | found |
        | `below_intrinsic` | the price is at its floor or below: it would be so at any low volatility |
        | `above_maximum` | the price is at its ceiling or above, or needs more than 1,000 % |
        | `low_vega` | so far from the money that the price hardly depends on volatility: vega below 1e-8 of the spot |
        | `expired` | there is nothing left to expect |
        | `not_finite` | the price or another input is missing |

        Where the price does not tell, the night takes another volatility, and stores and shows its source: `quote` (the
        option's own price), `smile` (the options of the same expiry); and only where the portfolio allows estimates
        `realised` (63 sessions of the underlying) and `assumed` (25 %), both marked `estimated`. A quote of an earlier
        session is matched in that session's market, and marked `stale_price`.
    """,
    limits=(
        """
        No forecast: it holds what people pay for safety, and whatever the model leaves out.
        """,
        """
        As good as the price. From the middle of a wide market, or from a last price of another hour than the spot's, it
        is off by the error of the price divided by [vega](vega.md).
        """,
        "It differs by strike and expiry (the smile): it is of one contract, not of the underlying.",
        "What is not identified is empty and says why; it is never 0.",
        "The night's Greeks are empty, `no_volatility`, when no source is left.",
    ),
    source="""
        Hull, *Options, Futures, and Other Derivatives*, ch. 15. Secants with bracketing: Brent, *Algorithms for
        Minimization without Derivatives* (1973), ch. 3-4; the logarithm: Jäckel, Let's be rational (2015). "QuantLib"
        is QuantLib 1.44, whose price at the volatility that is found is the one given.
    """,
    tables=(FOUND, NOT_IDENTIFIED),
)
