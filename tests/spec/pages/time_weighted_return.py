"""What a portfolio returned, whatever came and went."""

from spec.page import Page, Table
from spec.performance_answers import compounded, hole, on_flow, period

COMPOUNDED = Table(
    caption="One day after the other",
    check=compounded,
    rows="""
        returns, % || return  || from
        10, -10    || -1 %    || 1.1 × 0.9 − 1
        50, -50    || -25 %   || 1.5 × 0.5 − 1
        1, 1, 1    || 3.0301 %|| 1.01³ − 1
        -100, 50   || -100 %  || nothing grows from nothing
        -150, 50   || —       || nor from less than nothing
        1, —, 1    || —       || one day is not known, so the whole is not
    """,
)

FLOW = Table(
    caption="The return of a day with a flow",
    check=on_flow,
    note="100 shares at $100 with cash beside them. A flow is what the statement of cash says more than yesterday.",
    rows="""
        NAV before | flow    | P&L || return | reason           || from
        10,000     | 0       | 500 || 5.00 % | none             || 500 / 10,000
        10,000     | 10,000  | 500 || 2.50 % | none             || 500 / 20,000: as if there at once
        20,000     | -10,000 | 500 || 5.00 % | none             || 500 / 10,000
        -5,000     | 0       | 500 || —      | nav_not_positive || of less than nothing
        5,000      | -5,000  | 100 || —      | nav_not_positive || nothing is left
    """,
)

PERIODS = Table(
    caption="Periods",
    check=period,
    note="""
        Every weekday is a session and returns 1 %. 31 March 2025 is a Monday. February has no 31st; the first snapshot
        has no return.
    """,
    rows="""
        as of      | first snapshot | period        || sessions | return    | reason        || from
        2025-03-31 | 2024-01-02     | 1d            || 1        | 1.00 %    | none          || the session itself
        2025-03-31 | 2024-01-02     | 1w            || 5        | 5.10 %    | none          || after Monday, 24 March
        2025-03-31 | 2024-01-02     | 1m            || 21       | 23.24 %   | none          || after 28 February
        2025-03-31 | 2024-01-02     | 3m            || 64       | 89.05 %   | none          || after 31 December
        2025-03-31 | 2024-01-02     | ytd           || 64       | 89.05 %   | none          || after 31 December
        2025-03-31 | 2024-01-02     | 1y            || 261      | 1,242.4 % | none          || after 31 March 2024
        2025-03-31 | 2024-01-02     | since opening || 324      | 2,412.6 % | none          || after the first snapshot
        2025-03-31 | 2025-03-03     | 1m            || 20       | 22.02 %   | short_history || it is younger
        2025-03-31 | 2025-03-03     | since opening || 20       | 22.02 %   | none          || and whole
        2025-03-03 | 2025-03-03     | 1d            || 0        | —         | no_history    || it has no return
    """,
)

HOLES = Table(
    caption="A day that is missing",
    check=hole,
    note="1 % on each of 30 sessions but for one, counted back from the last, which is 1.",
    rows="""
        session | lacks         || 1w     | since opening | reason           || from
        none    | nothing       || 5.10 % | 34.78 %       | none             || 1.01^5, 1.01^30
        3       | its snapshot  || —      | —             | no_history       || inside the week
        10      | its snapshot  || 5.10 % | —             | no_history       || before the week
        10      | a NAV above 0 || 5.10 % | —             | nav_not_positive || it has no return
    """,
)

PAGE = Page(
    name="time-weighted-return",
    title="Time-weighted return",
    definition="What one dollar that was there all the time became, whatever was paid in or taken out.",
    unit="fraction, over the period; not per year",
    formula="""
        return of a day     = P&L / (NAV of the session before + flows of the day)
        return of a period  = (1 + r₁) (1 + r₂) … − 1
    """,
    reading="""
        5 % says what the choice of positions earned, not what the owner did: paying in before a good month does not
        raise it.
    """,
    method="""
        From the daily returns of the stored [snapshots](../snapshot.md), worked out when asked
        ([performance](../performance.md)). P&L, flows and what counts as which: [profit](../profit.md).

        | period | the sessions after |
        |---|---|
        | `1d` | the day before: the session itself |
        | `1w` | the day a week before |
        | `1m`, `3m`, `1y` | the same day so many months before, or that month's last |
        | `ytd` | 31 December |
        | `since opening` | the first snapshot, whose P&L is 0 by definition |

        `sessions` is how many daily returns it stands on. A period that begins before the first snapshot has what there
        is of it, marked `short_history`.
    """,
    limits=(
        """
        **A missing day leaves nothing known of the whole.** A session between the first snapshot and the last that has
        no snapshot, or whose return is empty, makes every period that contains it empty, with that day's reason. Two
        days are not taken for one.
        """,
        """
        So `since opening` is empty where older snapshots were removed, and where the NAV was once not positive.
        """,
        """
        A day that lost more than everything leaves nothing to multiply: what contains it is empty, `nav_not_positive`.
        """,
        """
        A flow counts as if it had come before the day began. Of a large one in the afternoon the day's return is wrong
        a little.
        """,
        "Positions without a price on either day have no P&L: the return is that of the rest, over the whole NAV.",
        "Before taxes. Costs are in it as far as trade prices and statements have them.",
        "Marks of single days (a stale price, the simulated market) are on their snapshots, not here.",
    ),
    source="""
        CFA Institute, *Global Investment Performance Standards* (2020), for time-weighting with daily valuation. The
        numbers are from plain Python too ([plain_performance.py](../../../tests/spec/plain_performance.py)).
    """,
    tables=(COMPOUNDED, FLOW, PERIODS, HOLES),
)
