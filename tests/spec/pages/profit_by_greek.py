"""Why a position earned what it earned: spot, volatility, time, rate, and the rest."""

from spec.page import Page, Table
from spec.profit_answers import by_greek, of_share, on_index, repriced

TOLD = Table(
    caption="By hand",
    check=by_greek,
    note="""
        Ten calls of 100 shares: Greeks of the position, as of the close before. The spot rises by $2, the volatility by
        a point, the rate by 0.1 %, over a weekend: 500 × 2, ½ × 20 × 2², 100 × 1, −30 × 3, 20 × 0.1. What is not known
        is left over.
    """,
    rows="""
        delta|gamma|vega|theta|rho|ΔS  |Δσ |Δr   |days|P&L ||by delta|by gamma|by vega|by theta|by rho|residual||from
        500  |20   |100 |-30  |20 |2   |1 %|0.1 %|3   |1060||1,000   |40      |100    |-90     |2     |8       ||above
        500  |20   |100 |-30  |20 |2   |—  |0.1 %|3   |1060||1,000   |40      |—      |-90     |2     |108     ||no σ
        500  |20   |100 |-30  |20 |2   |1 %|—    |3   |1060||1,000   |40      |100    |-90     |—     |10      ||no r
        100  |0    |0   |0    |0  |-1.5|—  |—    |1   |-150||-150    |0       |0      |0       |0     |0       ||shares
    """,
)

REPRICED = Table(
    caption="A call that is priced by the formula at both closes",
    check=repriced,
    note="""
        Contracts on a share at $100, 37 days to live, then 36; the rate is 4 %. The night's own path: volatilities from
        the quotes, Greeks of the close before. In the last row Taylor is at its end.
    """,
    rows="""
        spot|then |strike|σ   |σ then|rate|contracts||delta |gamma  |vega   |theta |residual|P&L   ||from
        100 |100  |100   |30 %|30 %  |4 % |1        ||0.00  |0.00   |0.00   |-5.67 |-0.04   |-5.71 ||a day goes by
        100 |100.5|100   |30 %|30 %  |4 % |10       ||267.97|5.20   |0.00   |-56.72|-0.54   |215.91||a quiet day
        100 |103  |100   |30 %|30 %  |4 % |1        ||160.78|18.72  |0.00   |-5.67 |-0.43   |173.40||up
        100 |103  |100   |30 %|28 %  |4 % |1        ||160.78|18.72  |-25.30 |-5.67 |1.17    |149.70||and calmer
        100 |90   |100   |30 %|45 %  |4 % |-1       ||535.94|-207.99|-189.75|5.67  |71.56   |215.43||a crash
    """,
)

INDEX = Table(
    caption="A call on VIX",
    check=on_index,
    note="""
        One contract, strike 25, at a volatility of 90 % on both days; no rate. Its Greeks take the forward to move as
        the index does, in proportion. The residual is what the forward did differently.
    """,
    rows="""
        index|then|forward|forward then|strike|σ   ||delta |gamma |theta|residual|P&L   ||from
        20   |22  |22     |24.2        |25    |90 %||83.82 |14.63 |-3.25|-0.63   |94.57 ||+10 %, +10 %: as taken
        20   |22  |22     |23.1        |25    |90 %||83.82 |14.63 |-3.25|-53.20  |42.00 ||+10 %, +5 %
        20   |30  |22     |26          |25    |90 %||419.11|365.70|-3.25|-585.95 |195.61||+50 %, +18 %: mostly residual
        20   |18  |22     |21.5        |25    |90 %||-83.82|14.63 |-3.25|51.04   |-21.40||−10 %, −2 %
    """,
)

SHARES = Table(
    caption="Shares",
    check=of_share,
    note="100 shares at $100 at the close before, $103 now; $51.50 after the split.",
    rows="""
        what happened        || delta | dividends | trades | residual | P&L || from
        nothing              || 300   | 0         | 0      | 0        | 300 || 100 × 3
        paid $1              || 300   | 100       | 0      | 0        | 400 || the ex-date is today
        split, two for one   || 300   | 0         | 0      | 0        | 300 || 2 × 51.50 − 100
        bought today at $101 || 0     | 0         | 200    | 0        | 200 || 103 − 101
        sold today at $102   || 0     | 0         | 200    | 0        | 200 || 102 − 100
    """,
)

PAGE = Page(
    name="profit-by-greek",
    title="P&L by Greek",
    definition="What part of a session's P&L the spot, volatility, time and the rate explain, and what is left.",
    unit="USD",
    formula="""
        delta     = delta × ΔS
        gamma     = ½ × gamma × ΔS²
        vega      = vega per point × change of the implied volatility in points
        theta     = theta per day × calendar days
        rho       = rho per 1 % × change of the rate in per cent
        dividends = what was received or paid
        trades    = the whole P&L of what was not held at both closes
        residual  = P&L − all of these
    """,
    reading="""
        A book that lost $200 by delta, gained $300 by gamma and paid $90 for time earned by movement. A large residual
        says that the Greeks of the close before did not describe what happened.
    """,
    method="""
        Greeks of the position, all of them **as of the close before** (t − 1), times what moved since then. ΔS is that
        of the underlying, on the split basis of the close before. The change of volatility is that of the contract's
        own implied volatility between the two closes, the change of the rate that of the rate at its expiry; days are
        calendar days, so a weekend has three. A share has delta alone.

        The lines add up to the P&L of the session ([profit](../profit.md)); **the residual is always shown**.
        `sigmasight attribution --by greek` shows the sums and each option.
    """,
    limits=(
        """
        **The residual of options on VIX and other indices that nobody can hold is no error of the model, but what the
        forward did differently from the index.** Delta and gamma say what would have been had the forward moved in
        proportion. On a day on which the index jumps it is larger than the P&L: see the third row.
        """,
        """
        Taylor to the second order in the spot and the first in all else. After a crash the residual has what is left:
        speed, vanna (delta moves with volatility), volga.
        """,
        """
        Where the volatility is not known at both closes, as on the day of expiry, vega is a dash and its part is in the
        residual; so with the rate.
        """,
        """
        Vega takes the implied volatility of the contract as quoted. A bad quote makes a large vega today and its
        opposite tomorrow.
        """,
        """
        What was bought, sold, brought in or settled in the session is under `trades` as a whole: no Greek of the close
        before describes it.
        """,
        "A position that lacks a price at either close has no P&L; it is listed in `not_included`.",
    ),
    source="""
        Taylor's expansion: Hull, *Options, Futures, and Other Derivatives*, the chapter on the Greek letters. The
        numbers are from plain Python too ([plain_profit.py](../../../tests/spec/plain_profit.py)).
    """,
    tables=(TOLD, REPRICED, INDEX, SHARES),
)
