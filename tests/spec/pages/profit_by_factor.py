"""Where a session's P&L came from: by factor, and by tag."""

from spec.page import Page, Table
from spec.profit_answers import by_factor, by_tag

FACTOR = Table(
    caption="By factor",
    check=by_factor,
    note="""
        Exposures of the close before in USD, returns of the funds over the session. First row: beyond the market the
        style did 3 % − 1.1 × 2 % = 0.8 %; 5,000 × 0.8 % = 40.
    """,
    rows="""
        P&L|to the market|to A |market|A  |slope of A||by the market|by A|specific||from
        300|10,000|5,000|2 %|3 %|1.1||200|40|60||300 − 200 − 40
        200|10,000|0|2 %|3 %|1.1||200|0|0||an index fund
        300|-10,000|5,000|2 %|3 %|1.1||-200|40|460||a short
        300|10,000|5,000|2 %|—|1.1||200|—|100||the style's fund has no price
        300|10,000|5,000|—|3 %|1.1||—|—|300||the market's fund has none
        300|10,000|—|2 %|3 %|1.1||200|—|100||no beta
    """,
)

TAG = Table(
    caption="By tag",
    check=by_tag,
    note="A position counts fully in each of its tags; `overlap` is what that counts too often. A dash: no such line.",
    rows="""
        P&L of A | of B | A's tags     | B's tags     || core | growth | untagged | overlap | P&L || from
        100      | 50   | core         | growth       || 100  | 50     | —        | —       | 150 || one tag each
        100      | 50   | core, growth | growth       || 100  | 150    | —        | -100    | 150 || A is in both
        100      | -30  | core, growth | core, growth || 70   | 70     | —        | -70     | 70  || both are
        100      | -30  | none         | core         || -30  | —      | 100      | —       | 70  || so is none
    """,
)

PAGE = Page(
    name="profit-by-factor",
    title="P&L by factor and by tag",
    definition="What part of a session's P&L each factor brought, or the positions with each tag.",
    unit="USD",
    formula="""
        by the market = exposure to it × its return
        by a style    = exposure to it × (its return − its slope on the market × the market's return)
        specific      = P&L − the sum of these

        by a tag      = Σ P&L of the positions that carry it
        counted in several tags = − Σ P&L of a position × (how many tags it has − 1)
    """,
    reading="""
        A book that earned $300 while its market exposure brought $200 owes $60 to its own shares, if the styles brought
        $40. Specific is skill, luck, and all that the betas do not see.
    """,
    method="""
        Exposures are those of **the close before** ([factor exposure](factor-exposure.md)), position by position;
        returns are those of the funds in force on the session; slopes are those of the close before. What a style
        brings is what its fund did beyond the market, as in the [betas](factor-beta.md). All lines add up to the P&L of
        the session.

        By position: lots of one symbol together, the largest first. By tag: a line of its own, "counted in several
        tags", takes back what is counted more than once, so these lines add up too. `sigmasight attribution --by
        factor|tag|position|greek`.
    """,
    limits=(
        """
        Specific has everything else: options' gamma, vega and theta (they enter by their delta), dividends beyond the
        funds', trades of the session, and the error of the betas.
        """,
        """
        Where a fund or a beta is missing its line has what is known, a dash where nothing is; the rest of it is
        specific, and the lines still add up.
        """,
        "One session. Lines of several sessions can be added; their returns cannot.",
        """
        Tags as they are now, whatever they were on the session. A position that lacks a price at either close has no
        P&L; it is listed in `not_included`.
        """,
    ),
    source="""
        Grinold, Kahn, *Active Portfolio Management* (2000), ch. 17. The numbers are from plain Python too
        ([plain_profit.py](../../../tests/spec/plain_profit.py)).
    """,
    tables=(FACTOR, TAG),
)
