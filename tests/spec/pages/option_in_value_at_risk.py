"""Options in value at risk: priced again in every session that comes again."""

from spec.option_tail_answers import american, european, hedged, measured, on_forward
from spec.page import Page, Table, wrapped
from spec.tail_answers import GRID

PLAIN = "([plain_options.py](../../../tests/spec/plain_options.py))"

EUROPEAN = Table(
    caption="European: exact in each state",
    check=european,
    note=wrapped(f"At $100 the call is worth 8.823, the put 7.838. By the formula, in plain Python {PLAIN}."),
    rows="""
        option       |spot|strike|years|rate|yield|volatility|spot's return||P&L per share||from
        European call|100 |100   |0.5  |4 % |2 %  |30 %      |-10 %        ||-4.59592     ||4.22719 − 8.82311
        European call|100 |100   |0.5  |4 % |2 %  |30 %      |-2 %         ||-1.07340     ||likewise
        European call|100 |100   |0.5  |4 % |2 %  |30 %      |10 %         ||6.40936      ||more than it loses by −10 %
        European put |100 |100   |0.5  |4 % |2 %  |30 %      |-10 %        ||5.30457      ||the call's + 10 e^(−0.01)
        European put |100 |100   |0.5  |4 % |2 %  |30 %      |-100 %       ||90.18187     ||100 e^(−0.02) − 7.83800
        European call|100 |100   |0.5  |4 % |2 %  |30 %      |0 %          ||0.00000      ||nothing moves
    """,
)

AMERICAN = Table(
    caption="American: the premium from a grid",
    check=american,
    note=wrapped(f"""
        The window has one session more of −20 % and one of 20 %. By two trees of 400 and 800 steps whose last step is
        the European formula, in plain Python {PLAIN}.
    """),
    rows="""
        option       |spot|strike|years|rate|yield|volatility|spot's return||P&L per share||from
        American put |100 |100   |0.5  |5 % |0 %  |20 %      |-7 %         ||3.836        ||tree
        American put |100 |100   |0.5  |5 % |0 %  |20 %      |5 %          ||-1.801       ||tree
        American put |100 |110   |0.25 |5 % |0 %  |30 %      |-5 %         ||3.871        ||tree
        American call|100 |95    |1    |3 % |6 %  |25 %      |8 %          ||5.240        ||tree
        American call|100 |95    |1    |3 % |6 %  |25 %      |-10 %        ||-5.021       ||tree
        American put |100 |130   |0.25 |5 % |0 %  |20 %      |-5 %         ||5.000        ||exercised at once, there too
    """,
)

MEASURED = Table(
    caption="What the grid costs",
    check=measured,
    note="""
        Contracts drawn at random: strikes around $100, a week to two years to live, rates to 8 %, yields to 6 %,
        volatilities of 10 to 80 %; days with fat tails, as the volatility says. The gap to pricing every state
        directly, as a share of the strike, of 99.9 % of the states and of all. `one more`: a day that is in the window
        beside them.
    """,
    rows="""
        style    | contracts | sessions | one more || nearly all within | all within || from
        European | 100       | 252      | none     || 0                 | 0          || no grid
        American | 100       | 252      | none     || 0.000001          | 0.00001    || measured
        American | 100       | 252      | -40 %    || 0.000001          | 0.0001     || measured
    """,
)

HEDGED = Table(
    caption="A share and options on it",
    check=hedged,
    note=wrapped(f"""
        100 shares at $100, one contract, or both. {GRID} Historical, 99 %; 44 days to live, no rate. By delta a call
        loses too much and its writer too little.
    """),
    rows="""
        held                        | strike | volatility || value at risk | by delta || from
        the share                   | 100    | 30 %       || 245.97        | 245.97   || place 5.03
        a call                      | 100    | 30 %       || 116.43        | 128.09   || gamma helps
        a call, short               | 100    | 30 %       || 140.08        | 128.61   || gamma hurts
        the share and a put         | 100    | 30 %       || 116.43        | 128.09   || the call again: parity
        the share and a call, short | 100    | 30 %       || 129.54        | 117.88   || a put, short
        a put, short                | 95     | 30 %       || 82.55         | 72.08    || gamma hurts
    """,
)

FORWARD = Table(
    caption="An option on VIX",
    check=on_forward,
    note=wrapped(f"""
        A call on the forward of its expiry, and where that goes. When the index jumps by 50 % the forward of a date
        three months off moves by less, say by half as much (`by half`). In plain Python {PLAIN}.
    """),
    rows="""
        option       |index|forward|strike|years|rate|volatility|index's return||as simulated|by half||from
        European call|20   |22     |25    |0.25 |4 % |90 %      |50 %          ||7.172       |3.146  ||33, or 27.50
        European call|20   |22     |25    |0.25 |4 % |90 %      |100 %         ||16.716      |7.172  ||44, or 33
        European call|20   |22     |25    |0.25 |4 % |90 %      |-20 %         ||-1.673      |-0.939 ||17.60, or 19.80
    """,
)

PAGE = Page(
    name="option-in-value-at-risk",
    title="Options in value at risk",
    definition="What an option would gain or lose today if its underlying did what it did in a past session.",
    unit="USD per share of the underlying",
    formula="""
        P&L(t) = E(spot × (1 + r(t))) − E(spot) + premium(spot × (1 + r(t))) − premium(spot)

        E        the European price at today's volatility, rate, dividends and time to expiry
        premium  what early exercise adds to it
    """,
    reading="""
        A call loses less by a fall than its delta says, and whoever wrote it loses more by a rise. Priced again in each
        of the 504 sessions, it does so here.
    """,
    method="""
        Full revaluation, once a night for each contract, in every session of the window twice: as it was and
        [filtered](filtered-returns.md). The model is that of the [option's price](option-price.md) and of its Greeks;
        what is compared are two prices of the model, so the market's price plays no part.

        The European price is worked in each state. The premium is smooth in the spot: it is worked at 33 spots from the
        window's lowest return to its highest, dense among ordinary days and sparse beyond, and read between them by
        cubics through four. The same with announced dividends, by the tree. What cannot be worth exercising early has
        no premium.

        **What stays:** the implied volatility, the rate, the time. A contract on its last day stands still. Positions:
        P&L per share × contracts × multiplier.
    """,
    limits=(
        """
        **Volatility does not move with the spot.** In a fall implied volatilities rise: a long option's gain, a
        writer's loss are understated. A book that is delta neutral and short of volatility looks safer than it is. The
        [stress tests](option-under-scenario.md) move volatilities, and `sigmasight stress --kind grid` moves them
        alone.
        """,
        """
        **An option on VIX moves with the index.** It is priced on the forward of its expiry, and here the forward
        returns what the index returned. Really it returns less, the longer it has to live the less. So calls on VIX
        that hedge a book are overstated in value at risk, on the bad days most: in the example more than twofold. The
        [P&L by Greek](profit-by-greek.md) of a real day shows the difference as residual.
        """,
        """
        The grid costs less than 0.00001 of the strike on nearly all days. In a state that lies far out it costs more:
        0.0001 in the examples, up to 0.0006 in a crash of 60 % ([decision
        11](../../adr/0011-history-simulated-once.md)). The American price itself is within 0.00002 ([option
        price](option-price.md)).
        """,
        """
        What has no implied volatility has no P&L and is left out: `no_volatility`, `no_rate` or `not_modelled`. One
        that is an estimate counts only in portfolios that allow estimates.
        """,
        """
        An option needs the history of its underlying: 252 returns. It needs none of its own.
        """,
    ),
    source="""
        Jorion, *Value at Risk* (2007), ch. 10, for full revaluation; Broadie, Detemple, American option valuation,
        *Review of Financial Studies* 9 (1996), for the trees of the examples. The grid: [decision
        11](../../adr/0011-history-simulated-once.md).
    """,
    tables=(EUROPEAN, AMERICAN, MEASURED, HEDGED, FORWARD),
)
