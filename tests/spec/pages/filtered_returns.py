"""Past returns at tomorrow's volatility."""

from spec.page import Page, Table, wrapped
from spec.tail_answers import PLAIN, crash, recursion, two_halves

RECURSION = Table(
    caption="Four sessions",
    check=recursion,
    note="""
        In per cent. The mean is 0 and the variance (1 + 1 + 9 + 9) / 4 = 5: the seed. Then 0.94 × 5 + 0.06 × 1 = 4.76
        after the first session, 4.5344 after the second, then 0.94 × 4.5344 + 0.06 × 9 = 4.8023, at last 5.0542. The
        first return is brought from √5 to √5.0542, the last one from √4.8023.
    """,
    rows="""
        returns, %      | decay || seed   | volatility to come | first  | last    || from
        1, -1, 3, -3    | 0.94  || 2.2361 | 2.2482             | 1.0054 | -3.0777 || above
        1, -1, —, 3, -3 | 0.94  || 2.2361 | 2.2482             | 1.0054 | -3.0777 || what is missing is skipped
        1, -1, 3, -3    | 0.5   || 2.2361 | 2.6926             | 1.2042 | -3.4444 || 5, 3, 2, 5.5, 7.25
        1, -1, 1, -1    | 0.94  || 1.0000 | 1.0000             | 1.0000 | -1.0000 || as calm as ever
        2, -2, 0, 0, 0  | 0.1   || 1.2649 | 0.1265             | 0.2000 | 0.0000  || a tenth of the seed
        1, 1, 1, 1      | 0.94  || 1.0000 | 1.0000             | 1.0000 | 1.0000  || it does nothing but grow
        0, 0, 0         | 0.94  || 0.0000 | 0.0000             | 0.0000 | 0.0000  || it never moves
    """,
)

HALVES = Table(
    caption="A calm year and a wild one",
    check=two_halves,
    note=wrapped(f"""
        $10,000 of one share that goes down and up in turn, by as much on every session of a half of the 504. Value at
        risk at 99 %: historical does not see which half came last. {PLAIN}
    """),
    rows="""
        first half, ± | second half, ± || historical | filtered | volatility to come || from
        1 %           | 1 %            || 100.00     | 100.00   | 1.0000 %           || never another volatility
        2 %           | 1 %            || 200.00     | 111.89   | 1.0000 %           || it has become calm
        1 %           | 2 %            || 200.00     | 258.77   | 2.0000 %           || it has become wild
    """,
)

CRASH = Table(
    caption="Scaled up to more than all",
    check=crash,
    note="$10,000 of one share that goes down and up by a little in turn and falls on the last session.",
    rows="""
        calm, ± | last session || scaled up | worst scenario || from
        1 %     | -10 %        || -26.34 %  | -2,634.39      || from 1 % to a volatility of 2.63 %
        0.1 %   | -60 %        || -3,301 %  | -10,000.00     || nobody loses more than all
    """,
)

PAGE = Page(
    name="filtered-returns",
    title="Filtered returns",
    definition="What a past return would be at the volatility that is expected of tomorrow.",
    unit="fraction, of one day",
    formula="""
        v(1)     = the variance of the window's returns, about their mean, over their number
        v(t + 1) = 0.94 × v(t) + 0.06 × r(t)², not below 0.01 × v(1)
        filtered r(t) = r(t) × √(v(tomorrow) / v(t)), not below −100 %
    """,
    reading="""
        A fall of 3 % on a day on which 1 % was usual is a fall of three standard deviations. If 2 % are usual tomorrow,
        it counts as one of 6 %.
    """,
    method="""
        Each share by its own volatility, over the 504 sessions or what there is of them. v(t) is forecast from the
        sessions before t, so no return scales itself. The mean is taken for 0 in the recursion. The sessions stay
        together: what fell on one day falls together again, so correlations come along, as they were. Options take the
        filtered return of their underlying.

        A session without a return leaves the volatility as it was. A still time, such as a halt, leaves it a tenth of
        the seed's at least. Where the variance is not above the squared mean, as of a fund that grows by the same every
        day, the seed is the mean of the squared returns. What never moves stays as it is.
    """,
    limits=(
        """
        The seed is the variance of the whole window, its later sessions too. It weighs 0.94^t after t sessions: half of
        it after 11, nothing that counts after a hundred. In the first weeks of the window a return is scaled by what
        came later.
        """,
        """
        A large move after a calm time becomes huge: what was ten standard deviations on its day is ten again. The
        examples show it, and that a half that has just become wild has its first sessions scaled up.
        """,
        """
        Each share is scaled by itself. Where one has become wild and another calm, their common fall is scaled by
        different numbers.
        """,
        "0.94 is the choice of RiskMetrics for daily returns: a memory of some 17 sessions. It is not fitted.",
        "A volatility that is expected is not known: filtered numbers move from day to day more than historical ones.",
    ),
    source="""
        Barone-Adesi, Giannopoulos, Vosper, VaR without correlations, *Journal of Futures Markets* 19 (1999); Hull,
        White, Incorporating volatility updating into the historical simulation method for value at risk, *Journal of
        Risk* 1 (1998); J.P. Morgan, *RiskMetrics Technical Document* (1996), for 0.94.
    """,
    tables=(RECURSION, HALVES, CRASH),
)
