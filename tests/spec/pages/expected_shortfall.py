"""What is lost on the days beyond value at risk."""

from spec.page import Page, Table, wrapped
from spec.tail_answers import GRID, PLAIN, bad_days, of_series, of_share

EXACT = Table(
    caption="The share of the worst, exactly",
    check=of_series,
    note="""
        Of ten sessions 25 % are two and a half: (100 + 80 + ½ × 60) / 2.5. Of five sessions 5 % are a quarter of one:
        the worst.
    """,
    rows="""
        P&L                                          | level || expected shortfall | value at risk || from
        -100, -80, -60, -40, -20, 0, 20, 40, 60, 80  | 75 %  || 84.00              | 55.00         || 210 / 2.5
        -100, -80, -60, -40, -20, 0, 20, 40, 60, 80  | 80 %  || 90.00              | 64.00         || 180 / 2
        -100, -80, -60, -40, -20, 0, 20, 40, 60, 80  | 95 %  || 100.00             | 91.00         || half of the worst
        -100, -50, 0, 20, 40                         | 95 %  || 100.00             | 90.00         || a quarter of it
        -30, -30, -30, -30, -30                      | 95 %  || 30.00              | 30.00         || the same every day
        30, 20, 10, 10, 10                           | 95 %  || -10.00             | -10.00        || the worst gains 10
    """,
)

METHODS = Table(
    caption="Three methods",
    check=of_share,
    note=wrapped(f"""
        $10,000 of one share. {GRID} Historical, 99 %: 1 % of 504 sessions are 5.04, (251 + 250 + 249 + 248 + 247 + 0.04
        × 246) / 5.04. {PLAIN}
    """),
    rows="""
        exposure | method     | level  || expected shortfall || from
        10,000   | historical | 95 %   || 238.90             || the 25.2 worst
        10,000   | historical | 97.5 % || 245.19             || the 12.6 worst
        10,000   | historical | 99 %   || 248.98             || the 5.04 worst
        -10,000  | historical | 99 %   || 249.98             || the best 5.04
        10,000   | filtered   | 99 %   || 247.95             || at the volatility to come
        10,000   | normal     | 97.5 % || 339.97             || 2.338 × 145.64 − 0.50
        10,000   | normal     | 99 %   || 387.65             || 2.665 × 145.64 − 0.50
    """,
)

TOGETHER = Table(
    caption="Two books and both together",
    check=bad_days,
    note="""
        41 sessions, 95 %: the place of the value at risk is the third worst; 5 % are 2.05 sessions. Two books lose 100
        on two sessions each, and never on the same.
    """,
    rows="""
        sessions that lose 100 || value at risk | expected shortfall || from
        2                      || 0.00          | 97.56              || the one book: 200 / 2.05
        4                      || 100.00        | 100.00             || both: at most 97.56 + 97.56, and more than 0 + 0
    """,
)

PAGE = Page(
    name="expected-shortfall",
    title="Expected shortfall",
    definition="The mean loss of the worst 5, 2.5 or 1 % of days.",
    unit="USD of one day; a loss is positive",
    formula="""
        k = (1 − level) × n
        expected shortfall = (the ⌊k⌋ largest losses + (k − ⌊k⌋) × the next one) / k

        normal:  s × φ(z) / (1 − level) − m;  φ(z) / (1 − level) = 2.063, 2.338, 2.665 at 95, 97.5, 99 %
    """,
    reading="""
        [Value at risk](value-at-risk.md) is the door to the bad days; this is what is behind it on average. At 99 % and
        504 sessions it is the mean of the five worst days and a little of the sixth.
    """,
    method="""
        The same simulated P&Ls as those of the value at risk, by the same three methods at the same levels; letters as
        there. Exactly a share of 1 − level of the sessions counts, the last of them by a part. So it is never less than
        the value at risk, and the expected shortfall of two books together is never more than that of both added up.
        Value at risk can be: see the last example.
    """,
    limits=(
        "What is true of [value at risk](value-at-risk.md) is true of it: the same window, the same holdings.",
        """
        A mean of few days: one of the five worst of 504 makes a fifth of it. Its error is larger than that of the value
        at risk.
        """,
        "Empty exactly where the value at risk is, for the same reasons.",
    ),
    source="""
        Acerbi, Tasche, On the coherence of expected shortfall, *Journal of Banking and Finance* 26 (2002); McNeil,
        Frey, Embrechts, *Quantitative Risk Management* (2015), 2.14 for the normal one.
    """,
    tables=(EXACT, METHODS, TOGETHER),
)
