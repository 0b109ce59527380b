"""How factors move together lately."""

from spec.factor_answers import correlation
from spec.page import Page, Table

BY_HAND = Table(
    caption="By hand, with a decay of a half",
    check=correlation,
    note="""
        The last session counts 1, the one before 0.5, then 0.25. Of three, as sevenths: 1, 2, 4. For 2, −3, 1 the mean
        is 2 − 6 + 4 = 0 and the variance (4 + 18 + 4) / 7 = 26/7; for −2, 1, 0 they are 0 and 6/7; the covariance is
        (−4 − 6 + 0) / 7 = −10/7. In the fourth row a session is missing, the others are as old as they were: 1, 2, 8
        elevenths, means 4/11 and 0.
    """,
    rows="""
        one, %     |other, %   |decay||correlation|capped |volatility of the one|of the other||from
        2, -3, 1   |-2, 1, 0   |0.5  ||-0.8006    |-0.8006|1.927 %              |0.926 %     ||−10 / √(26 × 6)
        2, -3, 1   |4, -6, 2   |0.5  ||1.0000     |0.9500 |1.927 %              |3.854 %     ||twice the same
        2, -3, 1   |-4, 6, -2  |0.5  ||-1.0000    |-0.9500|1.927 %              |3.854 %     ||its opposite
        2, -3, —, 1|-2, 1, 5, 0|0.5  ||-0.7641    |-0.7641|1.611 %              |0.739 %     ||−110 / √(314 × 66)
        2, -3, 1   |0, 0, 0    |0.5  ||—          |—      |1.927 %              |—           ||it stands still
    """,
)

USUAL = Table(
    caption="With the usual decay",
    check=correlation,
    note="""
        Weights 0.94³, 0.94², 0.94, 1, over their sum 3.6542. For 1, −1, 1, −1: mean −0.0309, variance 1 − 0.0010. For
        2, −1, 1, −2: mean −0.0773, variance 2.5029 − 0.0060. Mean of the products 1.5010, less the product of the means
        0.0024; 0.9990 × 2.4969 = 2.4945.
    """,
    rows="""
        one, %       | other, %     | decay || correlation | volatility of the one || from
        1, -1, 1, -1 | 2, -1, 1, -2 | 0.94  || 0.9488      | 1.000 %               || 1.4986 / √2.4945
    """,
)

PAGE = Page(
    name="factor-correlation",
    title="Factor correlation and volatility",
    definition="How two factors have moved together of late, and how much each has moved.",
    unit="correlation: −1 to 1; volatility: return a day, not annualised",
    formula="""
        w(t)        = 0.94^age / sum of these          age in sessions, 0 for the last one
        mean        = Σ w x
        covariance  = Σ w (x − mean of x) (y − mean of y)
        volatility  = √ covariance of x with itself
        correlation = covariance / (volatility of x × volatility of y)
        capped      = not below −0.95 and not above 0.95; 1 of a factor with itself
    """,
    reading="""
        At 0.95 two factors are nearly one; at 0 the one says nothing of the other. About half of the weight lies on the
        last 11 sessions, so this is the weather of the month, not the climate.
    """,
    method="""
        Over the factors' own returns, the market's among them as it is, up to 252 sessions; a session on which a factor
        has no return is left out, and the others keep their age. The whole matrix is positive semi-definite. It is
        stored with its session, beside the capped one, which the [classic stress test](classic-stress.md) takes.

        The default stress test takes another one, with equal weights, of what the styles do beyond the market:
        [correlation effect](correlation-effect.md).
    """,
    limits=(
        """
        The weights are worth about 32 sessions. With so few a correlation of 0 is estimated as anything between −0.35
        and 0.35.
        """,
        "Correlations rise when markets fall. The one of a calm month says little about the next crash.",
        "The capped matrix is no correlation matrix any more: it need not be positive semi-definite.",
        "Empty for a factor that does not move, or where there is no session on which all factors have a return.",
    ),
    source="""
        J.P. Morgan, Reuters, *RiskMetrics Technical Document* (1996), ch. 5 (there the mean is taken as 0, here it is
        taken out). All examples are worked by hand.
    """,
    tables=(BY_HAND, USUAL),
)
