"""How well betas are known."""

from spec.factor_answers import EIGHT_SESSIONS, one_factor, two_factors
from spec.page import Page, Table

ONE_FACTOR = Table(
    caption="On the market alone",
    check=one_factor,
    note="""
        First sample: Σx² = 4; left over u = 1, 1, −1, −1 %; the products v = x u are 1, −1, −1, 1, with Σv² = 4 and Σ
        v(t) v(t−1) = −1 + 1 − 1 = −1. In the third row a session is lost in the middle: its v is 0, and the sum of
        neighbours is −1 + 0 + 0 − 1 = −2. Second sample: Σx² = 8, v = 1, 1, −1, −1, −1, −1, 1, 1; sums of neighbours 1
        to 5 sessions apart: 3, −2, −3, −4, −1.
    """,
    rows="""
        market, %                 |share, %                  |lags||ordinary error|HAC error|t    ||from
        1, -1, 1, -1              |3, -1, 1, -3              |0   ||0.7071        |0.5000   |4.000||√(2/4), √4 / 4
        1, -1, 1, -1              |3, -1, 1, -3              |1   ||0.7071        |0.4330   |4.619||√(4 − 1) / 4
        1, -1, 4, 1, -1           |3, -1, —, 1, -3           |1   ||0.7071        |0.3536   |5.657||√(4 − 2) / 4
        1, 1, 1, 1, -1, -1, -1, -1|3, 3, 1, 1, -1, -1, -3, -3|0   ||0.4082        |0.3536   |5.657||√8 / 8
        1, 1, 1, 1, -1, -1, -1, -1|3, 3, 1, 1, -1, -1, -3, -3|1   ||0.4082        |0.4146   |4.824||√(8 + 3) / 8
        1, 1, 1, 1, -1, -1, -1, -1|3, 3, 1, 1, -1, -1, -3, -3|5   ||0.4082        |0.2602   |7.686||√(13/3) / 8
        1, -1, 1, -1              |2, -2, 2, -2              |1   ||0.0000        |0.0000   |—    ||nothing left over
    """,
)

SHRUNK = Table(
    caption="Of a beta that is shrunk",
    check=two_factors,
    note=EIGHT_SESSIONS
    + """

The HAC error here is one without lags. In the first row s² = 0.4 and λ = 1.6. Left over at the shrunk beta:
(0.6 − 0.5) S + 0.5 N, the squares of which add up to 8 (0.01 + 0.25) = 2.08. In the second s² = 1.6, λ = 6.4, and the
squares add up to 8 (0.2667² + 1) = 8.569.""",
    rows="""
        of M|of S|of N||style beta|ordinary|posterior|HAC   |t of the style||from
        1.5 |0.6 |0.5 ||0.5000    |0.2236  |0.2041   |0.1502|3.328         ||√(0.4/8), √(0.4/9.6), √2.08 / 9.6
        1.5 |0.6 |1   ||0.3333    |0.4472  |0.3333   |0.2033|1.640         ||√(1.6/8), √(1.6/14.4), √8.569 / 14.4
    """,
)

PAGE = Page(
    name="beta-errors",
    title="Errors and t of a beta",
    definition="How far a beta may be from the one that a longer history would show.",
    unit="that of the beta; t is a number without unit",
    formula="""
        ordinary    √(s² ((XᵀX)⁻¹)ⱼⱼ)                         s² = Σe² / (n − 8)
        posterior   √(s² ((XᵀX + Λ)⁻¹)ⱼⱼ)                     Λ = diag(0, λ, …, λ), as for the beta
        HAC         √((B H B)ⱼⱼ)                              B = (XᵀX + Λ)⁻¹
                    H = Γ₀ + Σₗ (1 − l/6) (Γₗ + Γₗᵀ)           l = 1 … 5 sessions
                    Γₗ = Σₜ (x(t) u(t)) (x(t−l) u(t−l))ᵀ      u: what is left over at the beta that is shown
        t           beta / HAC error
    """,
    reading="""
        A beta of 0.50 with an error of 0.15 lies between 0.20 and 0.80, give or take two errors. A t below 2 in
        absolute value says that the beta may as well be 0.
    """,
    method="""
        All three are computed for every beta.

        * **Ordinary**: of least squares without shrinkage, as if what is left over were the same every day and without
          memory.
        * **Posterior**: the same with what the prior says beforehand. Of the market beta, which has no prior, it is the
          ordinary one where the share lacks no session.
        * **HAC**, heteroskedasticity and autocorrelation consistent: for days that differ in size and remember each
          other, with Bartlett's weights 5/6, 4/6, 3/6, 2/6, 1/6 for 1 to 5 sessions. Without lags it is White's (HC0).
          A session that is missing counts in the lags, with nothing left over. This is the error that is shown, and
          that t is made with.
    """,
    limits=(
        "Of the fit, not of the future: a company that changes is outside all of them.",
        """
        The HAC error of a shrunk beta says how much the shrunk beta would vary from sample to sample, not how far
        shrinking has moved it.
        """,
        """
        On few sessions HAC errors are too small. The fourth to sixth row of the first table show how much lags can do
        to eight sessions.
        """,
        "Where nothing is left over the errors are 0 and t is empty: the fund of a factor on itself.",
        "Empty where the [beta](factor-beta.md#limits) is.",
    ),
    source="""
        Newey, West, *Econometrica* 55 (1987); White, *Econometrica* 48 (1980); Parzen, On spectral analysis with
        missing observations and amplitude modulation, *Sankhya* A 25 (1963), for sessions that are missing. Posterior:
        Vasicek (1973). All examples are worked by hand.
    """,
    tables=(ONE_FACTOR, SHRUNK),
)
