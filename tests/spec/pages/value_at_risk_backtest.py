"""Whether value at risk held."""

from spec.page import Page, Table, wrapped
from spec.tail_answers import PLAIN, breaks, holdings_today, order

OFTEN = Table(
    caption="As often as wanted",
    check=breaks,
    note="""
        A break is a day that lost more than was forecast. First row: 2 × 252 × ln(1 / 0.99) = 5.065. No break at all in
        a year is one too few, at a chance of 5 %.
    """,
    rows="""
        forecasts | breaks | level  || wanted | ratio  | chance || from
        252       | 0      | 99 %   || 2.52   | 5.065  | 2.4 %  || too careful
        252       | 2      | 99 %   || 2.52   | 0.117  | 73.3 % || as wanted
        252       | 3      | 99 %   || 2.52   | 0.087  | 76.8 % || as wanted
        252       | 6      | 99 %   || 2.52   | 3.499  | 6.1 %  || doubtful
        252       | 8      | 99 %   || 2.52   | 7.644  | 0.6 %  || too many
        252       | 13     | 95 %   || 12.60  | 0.013  | 90.8 % || as wanted
        600       | 12     | 99 %   || 6.00   | 4.696  | 3.0 %  || twice as many as wanted
    """,
)

ORDER = Table(
    caption="No clusters",
    check=order,
    note="""
        Twelve forecasts, 90 %. First row: of nine days after a calm one one broke, of two after a break one. A chance
        of 24 % is no proof of clusters: so few days prove little.
    """,
    rows="""
        breaks                            |level||after a calm day|after a break|ratio|chance|of both||from
        0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0|90 % ||11.1 %          |50.0 %       |1.379|24.0 %|39.0 % ||one after another
        0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0|90 % ||22.2 %          |0.0 %        |0.896|34.4 %|49.6 % ||apart
        1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0|90 % ||0.0 %           |75.0 %       |8.392|0.4 % |0.1 %  ||all in a row
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0|90 % ||0.0 %           |—            |0.000|100.0 %|28.2 %||none
    """,
)

TODAY = Table(
    caption="Today's holdings",
    check=holdings_today,
    note=wrapped(f"""
        $10,000 of one share that goes down and up in turn, by as much on every session of a half of the window; 99 %.
        {PLAIN}
    """),
    rows="""
        first half, ±|second half, ±|sessions|method    ||forecasts|breaks|chance||from
        1 %          |2 %           |504     |historical||252      |4     |38.8 %||until the window has learnt
        1 %          |2 %           |504     |filtered  ||252      |4     |38.8 %||likewise
        1 %          |2 %           |504     |normal    ||252      |0     |2.4 % ||never: 2 % is less than 2.33 × 1 %
        2 %          |1 %           |504     |historical||252      |0     |2.4 % ||too careful for a year
        2 %          |1 %           |504     |filtered  ||252      |2     |73.3 %||it has noticed
        1 %          |2 %           |253     |historical||1        |0     |88.7 %||one day
        1 %          |2 %           |252     |historical||—        |—     |—     ||no day to forecast
    """,
)

PAGE = Page(
    name="value-at-risk-backtest",
    title="Backtest of value at risk",
    definition="Whether losses exceeded the value at risk as often as they should, and not one after another.",
    unit="likelihood ratio, and the chance (p) of one at least as large if the forecasts were right",
    formula="""
        L(hits, of, share) = hits × ln(share) + (of − hits) × ln(1 − share)

        Kupiec          2 × (L(breaks, n, breaks/n) − L(breaks, n, 1 − level)),               chi squared, 1 degree
        Christoffersen  2 × (L after calm days + L after breaks, each with its own share,
                             − L of both with one share),                                     chi squared, 1 degree
        both            the sum of the two ratios,                                            chi squared, 2 degrees
    """,
    reading="""
        A small chance speaks against the forecasts: below 5 % one doubts, below 1 % one is nearly sure. Kupiec asks
        whether there were too many breaks or too few, Christoffersen whether a break makes the next day's more likely.
    """,
    method="""
        **Today's holdings**: what is held now is taken back through the window. Each session from the 253rd on is
        forecast from the 252 before it, by each of the three methods, and held against what that session brought; so it
        has 252 forecasts at most. Options move by their delta of today. Filtered forecasts stand on one recursion over
        the whole window, a session's 252 scaled to the volatility of the day that is forecast.

        **Stored nights**: what each night itself said, of what was held then, against the P&L of the session after,
        trades among it. A night counts when both are known. It needs months of nights to say anything.

        Both at one level: `sigmasight risk --level`.
    """,
    limits=(
        """
        252 forecasts at 99 % want two and a half breaks. Between one and six the test hardly rejects anything, and zero
        it does: a year is short.
        """,
        """
        Today's holdings are chosen with knowledge of the past: what has fallen is held no more. That flatters.
        """,
        """
        Options by their delta: here the loss that is forecast and the loss that is counted both leave gamma out. The
        value at risk itself does not.
        """,
        """
        The filter's seed is the variance of the whole window: the scenarios of the first forecasts know a little of
        what came later.
        """,
        """
        Trades and income of a day are in the P&L that the stored nights are held against, not in what they forecast.
        """,
        "A dash where there is no day to forecast: on 252 sessions, and of stored nights before the second one.",
    ),
    source="""
        Kupiec, Techniques for verifying the accuracy of risk measurement models, *Journal of Derivatives* 3 (1995);
        Christoffersen, Evaluating interval forecasts, *International Economic Review* 39 (1998).
    """,
    tables=(OFTEN, ORDER, TODAY),
)
