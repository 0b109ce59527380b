"""What a day may lose."""

from spec.page import Page, Table, wrapped
from spec.tail_answers import GRID, PLAIN, books, history, horizon, of_series, of_share

QUANTILE = Table(
    caption="Between two sessions",
    check=of_series,
    note="""
        At 95 % the place among five sessions is 0.05 × 4 = 0.2, counted from the worst: 100 less a fifth of the way to
        50. At 75 % it is 1, the second worst.
    """,
    rows="""
        P&L                   | level  || value at risk || from
        -100, -50, 0, 20, 40  | 95 %   || 90.00         || 0.8 × 100 + 0.2 × 50
        20, -50, 40, -100, 0  | 95 %   || 90.00         || in any order
        -100, -50, 0, 20, 40  | 75 %   || 50.00         || the second worst
        -100, -50, 0, 20, 40  | 97.5 % || 95.00         || 0.9 × 100 + 0.1 × 50
        100, 50, 0, -20, -40  | 95 %   || 36.00         || the other side: 0.8 × 40 + 0.2 × 20
        30, 20, 10, 10, 10    | 95 %   || -10.00        || not even a bad day loses
        -100                  | 95 %   || 100.00        || one session
    """,
)

METHODS = Table(
    caption="Three methods, three levels",
    check=of_share,
    note=wrapped(f"""
        One share. {GRID} Historical, 99 %: the place is 0.01 × 503 = 5.03, and the sixth worst is −2.46 %. {PLAIN}
    """),
    rows="""
        exposure | method     | level  || value at risk || from
        10,000   | historical | 95 %   || 225.85        || place 25.15: −2.51 % + 25.15 × 0.01 %
        10,000   | historical | 97.5 % || 238.43        || place 12.575
        10,000   | historical | 99 %   || 245.97        || place 5.03
        -10,000  | historical | 99 %   || 246.97        || a short fears the best days: 2.52 % − 5.03 × 0.01 %
        20,000   | historical | 99 %   || 491.94        || twice as much
        10,000   | filtered   | 95 %   || 223.96        || each session at the volatility to come
        10,000   | filtered   | 97.5 % || 237.85        || likewise
        10,000   | filtered   | 99 %   || 244.84        || what the snapshot shows
        10,000   | normal     | 95 %   || 239.05        || 1.645 × 1.4564 % − 0.005 %
        10,000   | normal     | 97.5 % || 284.94        || 1.960 × 1.4564 % − 0.005 %
        10,000   | normal     | 99 %   || 338.30        || 2.326 × 1.4564 % − 0.005 %
    """,
)

HISTORY = Table(
    caption="How many sessions there are",
    check=history,
    note="$10,000 of A and of B, filtered, 99 %; of each so many of the last sessions are known.",
    rows="""
        sessions of A|of B||value at risk|sessions|coverage|marks        |left out                     ||from
        504          |504 ||433.02       |504     |100 %   |none         |nothing                      ||all
        504          |252 ||416.95       |252     |100 %   |short_history|nothing                      ||what both have
        400          |300 ||411.42       |300     |100 %   |short_history|nothing                      ||likewise
        504          |251 ||244.84       |504     |50 %    |none         |B: no_history                ||B is too young
        251          |251 ||—            |0       |0 %     |none         |A: no_history; B: no_history ||none is known
    """,
)

BOOKS = Table(
    caption="What is held",
    check=books,
    note="Filtered, 99 %; $10,000 of each. For coverage, what has no price weighs what it cost.",
    rows="""
        held                                || value at risk | coverage | reason     | left out    || from
        A                                   || 244.84        | 100 %    | none       | nothing     || as above
        A, and as much without a price      || 244.84        | 50 %     | none       | C: no_price || of what is known
        a share without a price             || —             | 0 %      | no_price   | C: no_price || empty, not 0
        A, and B with 96 sessions in common || —             | 0 %      | no_history | nothing     || of 300 each
        A, bought and sold short            || 0.00          | 100 %    | none       | nothing     || nothing is left
        an option on its last day           || 0.00          | 100 %    | none       | nothing     || nothing moves it
        nothing                             || 0.00          | 100 %    | none       | nothing     || nothing to lose
    """,
)

HORIZON = Table(
    caption="Several days",
    check=horizon,
    rows="""
        of one day | days || value at risk || from
        1,000      | 1    || 1,000.00      || itself
        1,000      | 4    || 2,000.00      || √4
        1,000      | 10   || 3,162.28      || √10
        1,000      | 252  || 15,874.51     || √252
    """,
)

PAGE = Page(
    name="value-at-risk",
    title="Value at risk",
    definition="The loss of one day that few days exceed: one in 20 at 95 %, one in 40 at 97.5 %, one in 100 at 99 %.",
    unit="USD of one day; a loss is positive",
    formula="""
        P&L(t)        = Σ over positions of what the position would gain today if session t came again

        historical    − the P&L at place (1 − level) × (n − 1), counted from the worst, which is 0; linear between two
        filtered      the same of filtered returns: the default
        normal        z(level) × s − m;  z = 1.645, 1.960, 2.326

        of h days     √h × that of one day

        n   sessions that all that is included has in common
        m, s   mean and standard deviation (n − 1) of the P&L(t) as they were
    """,
    reading="""
        A value at risk of $245 at 99 % says: on one day in a hundred this book loses more than $245, if tomorrow is
        like one of the past 504 days. It does not say how much more; that is the [expected
        shortfall](expected-shortfall.md).
    """,
    method="""
        What is held at the session's close is put through the past again: shares by their returns (simple, of closes
        adjusted for splits and dividends), [options by a new price](option-in-value-at-risk.md). The window is the 504
        sessions up to the session, or what there is of them down to 252.

        *Historical* takes each session as it was. *Filtered* brings each to the volatility of tomorrow, instrument by
        instrument ([filtered returns](filtered-returns.md)). *Normal* takes mean and standard deviation of the
        historical P&L and no more from it: it leaves fat tails out, and puts wings on a bounded past as in the example.

        The [snapshot](../snapshot.md) shows filtered, 99 %, one day. All nine numbers, and the nine of the expected
        shortfall, are kept each night: [value at risk in the night](../risk.md). What each position brings:
        [components](tail-component.md). How good it was: [backtests](value-at-risk-backtest.md).
    """,
    limits=(
        """
        **Two years, and nothing else.** What did not happen in the window is not in it. Crises are in the [stress
        tests](scenario-pnl.md).
        """,
        """
        At 99 % it stands on five or six sessions of 504, on two or three of 252. Another sixth session, and it is
        another number.
        """,
        """
        **The youngest share shortens the window of the whole book.** A session that something included lacks is no
        scenario. What has fewer than 252 sessions is left out, `no_history`, and `coverage` (share of gross) says how
        much is in.
        """,
        """
        Where all that is included has fewer than 252 sessions in common, it is empty, `no_history`, though each of them
        has enough and none is listed as left out; `coverage` is 0 then.
        """,
        """
        Marked `short_history` where something has fewer than 504 sessions. It is empty where nothing that moves is
        known; 0 where nothing is held, or nothing of it moves.
        """,
        """
        √h takes days for independent and alike. Losses come in clusters, and an option is not the same one after ten
        days: of books with options it is rough.
        """,
        "What is held stays as it is: no trade, no margin call, no time that passes for options.",
        "Volatilities, rates and dividends do not move. A book whose risk is vega has its risk elsewhere.",
        "The mean of the past is in the historical and the normal numbers: a share that rose looks less risky.",
    ),
    source="""
        Hyndman, Fan, Sample quantiles in statistical packages, *American Statistician* 50 (1996), type 7, for the
        quantile; Barone-Adesi, Giannopoulos, Vosper, VaR without correlations, *Journal of Futures Markets* 19 (1999),
        for the filter; McNeil, Frey, Embrechts, *Quantitative Risk Management* (2015), ch. 2 and 9.
    """,
    tables=(QUANTILE, METHODS, HISTORY, BOOKS, HORIZON),
)
