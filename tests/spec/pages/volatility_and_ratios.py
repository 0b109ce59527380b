"""What a portfolio's returns are worth for their risk."""

from spec.page import Page, Table
from spec.performance_answers import ratios, sessions

RATIOS = Table(
    caption="A few days",
    check=ratios,
    note="""
        Second row: 5.04 % a year are 0.02 % a day. The mean is 1 %, above the riskless 0.98 %; standard deviation √2 %.
        0.98 / √2 × √252 = 11.00. Below the riskless was one day in four, by 1.02 %: √(1.02² / 4) = 0.51 %, 0.98 / 0.51
        × √252 = 30.50.
    """,
    rows="""
        returns, %       | 3M yield || volatility | Sharpe | Sortino | drawdown || from
        1, -1            | 0 %      || 22.45 %    | 0.00   | 0.00    | -1.00 %  || √2 × √252 %; no mean
        2, 1, -1, 2      | 5.04 %   || 22.45 %    | 11.00  | 30.50   | -1.00 %  || above
        10, -20, 30, -10 | 0 %      || 351.99 %   | 1.79   | 3.55    | -20.00 % || 1.1 to 0.88
        -10, 5           | 0 %      || 168.37 %   | -3.74  | -5.61   | -10.00 % || the start counts as a height
        2, 1, 3          | 2.52 %   || 15.87 %    | 31.59  | —       | 0.00 %   || no day under the riskless
        1, 1, 1          | 0 %      || 0.00 %     | —      | —       | 0.00 %   || nothing varies
        1, —, -1         | 0 %      || —          | —      | —       | —        || a day is missing
    """,
)

SESSIONS = Table(
    caption="How many sessions",
    check=sessions,
    note="""
        1.1 % and −0.9 % in turn; the 3-month yield is 3 %. `missing`: a session without a return, counted back from the
        last, which is 1; `no yield on`: one without a recent yield. n and reason are those of the Sharpe ratio.
    """,
    rows="""
        sessions|missing|no yield on||21|63|Sharpe|drawdown|n|why||from
        20|none|none||—|—|—|—|20|no_history||fewer than 21
        21|none|none||16.25 %|—|2.10|-0.90 %|21|short_history||11 up, 10 down
        62|none|none||16.25 %|—|1.39|-0.90 %|62|short_history||fewer than 63
        63|none|none||16.25 %|16.00 %|1.64|-0.90 %|63|short_history||both
        252|none|none||16.25 %|16.00 %|1.40|-0.90 %|252|none||a year
        300|none|none||16.25 %|16.00 %|1.40|-0.90 %|252|none||the last year
        300|10|none||—|—|—|—|252|no_history||inside all
        300|100|none||16.25 %|16.00 %|—|—|252|no_history||inside the year
        300|280|none||16.25 %|16.00 %|1.40|-0.90 %|252|none||before it
        300|none|100||16.25 %|16.00 %|—|-0.90 %|252|no_rate||no riskless
    """,
)

PAGE = Page(
    name="volatility-and-ratios",
    title="Volatility, Sharpe and Sortino ratio, drawdown",
    definition="How much a portfolio's daily returns vary, and what they brought for it.",
    unit="volatility: fraction per year; ratios: per year, no unit; drawdown: fraction, ≤ 0",
    formula="""
        f(t)             = the 3-month Treasury yield / 252, of the day
        volatility       = s(r) × √252
        Sharpe           = mean(r − f) / s(r − f) × √252
        downside         = √(mean of min(r − f, 0)²), over all n sessions
        Sortino          = mean(r − f) / downside × √252
        maximum drawdown = the least of: value / highest value before − 1; the start counts as one

        r   daily returns    s   standard deviation, n − 1
    """,
    reading="""
        A volatility of 16 % is about 1 % a day. A Sharpe ratio of 1 over one year is not far from luck: its error is
        about 1. The drawdown says how deep the worst hole was, and not how long.
    """,
    method="""
        From the daily returns of the stored snapshots ([time-weighted return](time-weighted-return.md)). Volatility
        over the last 21 and over the last 63 sessions, all of which must be there. Ratios and drawdown over the last
        252, or what there is of them, 21 at least: fewer than 252 are marked `short_history`, fewer than 21 are
        `no_history`. `sessions` says how many it were.

        The yield is the par yield as published, of the session or at most five days old; without one the ratios are
        empty, `no_rate`.

        **Beta** in `sigmasight performance` is the snapshot's: of what is held at the session, by its instruments'
        betas ([factor exposure](factor-exposure.md)). It is no regression of the portfolio's returns.
    """,
    limits=(
        "A missing day inside the window leaves the measure empty, with that day's reason; one before it does nothing.",
        """
        √252 takes days for independent. Of positions whose prices lag (funds, small shares) volatility is too small and
        Sharpe too large.
        """,
        "Sharpe and Sortino are empty, `exact_fit`, where there is nothing to divide by: no variation, no day below.",
        """
        Written options earn steadily and lose at once: their ratios look best before the loss. The [stress
        tests](scenario-pnl.md) look ahead.
        """,
        "Volatility of what was held then. What is held now: [risk share and volatility](risk-share.md).",
        "The drawdown is of closes, and of the last 252 sessions: an older height does not count.",
    ),
    source="""
        Sharpe, The Sharpe ratio, *Journal of Portfolio Management* 21 (1994); Sortino, van der Meer, Downside risk,
        *Journal of Portfolio Management* 17 (1991); Lo, The statistics of Sharpe ratios, *Financial Analysts Journal*
        58 (2002), for their error. The numbers are from plain Python too
        ([plain_performance.py](../../../tests/spec/plain_performance.py)).
    """,
    tables=(RATIOS, SESSIONS),
)
