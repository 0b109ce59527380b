"""The default betas on the factors."""

from spec.factor_answers import EIGHT_SESSIONS, nightly, one_factor, slow_fund, two_factors
from spec.page import Page, Table

ONE_FACTOR = Table(
    caption="On the market alone",
    check=one_factor,
    note="""
        With x for the market and y for the share: Σx = 0, Σx² = 1 + 4 + 1 + 4 + 9 + 9 = 28 and Σxy = 2 + 6 + 1 + 4 +
        12 + 15 + 0 + 0 = 40. In the third row y sums to 1 and x to 0, so that taking the means out changes neither sum.
    """,
    rows="""
        market, %                 | share, %                   || market beta | n || from
        1, 2, -1, -2, 3, -3, 0, 0 | 2, 3, -1, -2, 4, -5, 1, -2 || 1.4286      | 8 || 40 / 28
        1, 2, -1, -2, 3, -3, 0, 0 | 3, 4, 0, -1, 5, -4, 2, -1  || 1.4286      | 8 || 1 % more every day: the same
        1, 2, -1, -2, 3, -3, 0, 0 | 2, 3, -1, -2, 4, -5, —, —  || 1.4286      | 6 || over its own sessions
        1, 2, -1, -2, 3, -3, —, — | 2, 3, -1, -2, 4, -5, 1, -2 || 1.4286      | 6 || no market, nobody's session
        1, -1, 1, -1              | 1, -1, 1, -1               || 1.0000      | 4 || the market's own fund
        1, -1, 1, -1              | -2, 2, -2, 2               || -2.0000     | 4 || against it, twice
    """,
)

TWO_FACTORS = Table(
    caption="On the market and a style",
    check=two_factors,
    note=EIGHT_SESSIONS
    + """

A share that is m of M, p of S and c of N has Σ(M × share) / 8 = m and Σ(S × share) / 8 = p; s² = 8 c² / (8 − 3), and
the style's beta is 8 p / (8 + s² / 0.25). With c = 0.5 that is s² = 0.4 and 8 / 9.6 of p.""",
    rows="""
        of M|of S|of N||market beta|style beta|style, not shrunk||from
        1.5 |0.6 |0.5 ||1.5000     |0.5000    |0.6000           ||0.6 × 8 / 9.6
        1.5 |0.6 |1   ||1.5000     |0.3333    |0.6000           ||0.6 × 8 / 14.4: noisier, shrunk more
        1.5 |0.6 |0.25||1.5000     |0.5714    |0.6000           ||0.6 × 8 / 8.4
        -0.5|-0.6|0.5 ||-0.5000    |-0.5000   |-0.6000          ||the same with other signs
        1   |0   |0.5 ||1.0000     |0.0000    |0.0000           ||an index fund with noise
        1   |0   |0   ||1.0000     |0.0000    |0.0000           ||the market's own fund
        1.2 |1   |0   ||1.2000     |1.0000    |1.0000           ||the style's own: slope on the market, and 1
    """,
)

SESSIONS = Table(
    caption="How many sessions it takes",
    check=nightly,
    note="""
        A share that is 1.5 M + 0.6 S + 0.5 N, the same eight sessions over and over for a window of 252, of which the
        share has the last ones. With n of them s² = 0.25 n / (n − 3), and the style's beta is 0.6 n / (n + 4 s²).
    """,
    rows="""
        sessions | at least || n   | market beta | style beta | reason        || from
        252      | 60       || 252 | 1.500       | 0.598      | none          || 0.6 × 252 / 253.012
        60       | 60       || 60  | 1.500       | 0.590      | short_history || 0.6 × 60 / 61.053
        59       | 60       || 59  | —           | —          | no_history    || one too few
        36       | 30       || 36  | 1.500       | 0.582      | short_history || 0.6 × 36 / 37.091; the setting is 30
    """,
)

SLOW_FUNDS = Table(
    caption="Funds that are priced late",
    check=slow_fund,
    note="""
        The market returns 1, 1, −1, −1 % over and over for 252 sessions; what it did the day before has nothing in
        common with what it does today. The fund follows with one part on the day and another a day later, and 0.1 N.
    """,
    rows="""
        kind        | on the day | a day later || market beta | lagged || from
        mutual fund | 0.6        | 0.4         || 1.00        | yes    || 0.6 + 0.4
        mutual fund | 1          | 0           || 1.00        | no     || priced on the day
        ETF         | 0.6        | 0.4         || 0.60        | no     || it trades: what lags is not looked for
    """,
)

PAGE = Page(
    name="factor-beta",
    title="Factor beta",
    definition="How much a share moves when a factor moves by 1 %, the others standing still.",
    unit="return per return of the factor; a number without unit",
    formula="""
        b = Σ (style − mean) (market − mean) / Σ (market − mean)²     slope of each style on the market
        z = style − b × market                                       what the style does beyond the market
        X = [market, z₁, …, z₆]        y = the share's returns       each less its mean
        β = (XᵀX + diag(0, λ, …, λ))⁻¹ Xᵀy
        λ = s² / τ²                    τ = 0.5
        s² = Σe² / (n − 8)                                           e: what is left over with λ = 0

        n   sessions on which the share and all factors have a return
        8   seven factors and the mean
    """,
    reading="""
        A share with a market beta of 1.5 moves by 1.5 % when the market moves by 1 %. With a style beta of 0.5 it moves
        by a further 0.5 % when the style does 1 % better than its slope on the market lets one expect.
    """,
    method="""
        The factors are funds: which, from which day on, and what is done about gaps is in [factors in the
        night](../factors.md). Returns are simple returns of one session, on closes adjusted for splits and dividends,
        over 252 sessions.

        * **The market comes first.** What the market explains of a style is taken out of the style, over the whole
          window. The market beta is then the slope on the market alone, the beta of the textbook, where the share lacks
          no session.
        * **Style betas are shrunk towards 0**, the market beta is not: a prior with a standard deviation of τ around 0.
          The noisier a share, the less its own history counts. Why 0.5: [factors](../../explanation/factors.md).
        * **A fund of a factor has its own row**: the market's fund 1 and nothing else; a style's fund its slope on the
          market, and 1 on the style.
        * **Mutual funds.** Their prices may be a day old. The market's return of the session before is put in too; if
          the t of its slope is beyond ±3, the market beta is the sum of both slopes (Dimson), marked `lagged`.
        * **Options** have no betas of their own: they enter through their underlying.
    """,
    limits=(
        """
        What was, over a year. A company that changed its business has the betas of the old one for a while.
        """,
        """
        A style beta is on what goes *beyond* the market. It is not the slope of the [classic](classic-beta.md)
        regression, and a style fund does not have a market beta of 0.
        """,
        """
        Shrinking makes a style beta smaller than least squares would, on purpose. What it costs is seen by comparing
        the two columns of the second table.
        """,
        """
        With gaps the share's own sessions count, but the slopes of styles on the market are those of the whole window.
        Then the market beta differs a little from the textbook's.
        """,
        "A lag of more than one session, or in anything but a mutual fund, is not looked for.",
        """
        Empty, `no_history`: under 60 sessions in common (a setting, not under 20), or on these sessions two factors are
        one. Under 252: `short_history`. A factor that has no variance of its own is empty for everybody.
        """,
    ),
    source="""
        Frisch, Waugh (1933); Lovell (1963) for taking the market out first. Vasicek, A note on using cross-sectional
        information in Bayesian estimation of security betas, *Journal of Finance* 28 (1973), for the shrinkage; Hoerl,
        Kennard, Ridge regression, *Technometrics* 12 (1970), for its form. Dimson, Risk measurement when shares are
        subject to infrequent trading, *Journal of Financial Economics* 7 (1979). All examples are worked by hand.
    """,
    tables=(ONE_FACTOR, TWO_FACTORS, SESSIONS, SLOW_FUNDS),
)
