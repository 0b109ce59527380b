"""Splits and dividends in the window and while a share is held: the risk is that of its twin without them."""

import pytest

from postgres.greeks.conftest import FRIDAY, THURSDAY, WEDNESDAY
from sigmasight.domain.market_data import Dividend, Split

from .conftest import SHARES, RiskDesk, Tape, by_name

pytestmark = pytest.mark.xdist_group("factors")

PAID = 3.0


def test_a_split_and_a_dividend_change_no_risk(desk: RiskDesk, tape: Tape) -> None:
    """Two new shares for one on Thursday; three dollars paid on Thursday by another. All are held since Wednesday."""
    twin = tape.path(tape.returns(**SHARES["AAA"], seed=1))  # type: ignore[arg-type]
    after = THURSDAY.toordinal()
    on_wednesday = twin(WEDNESDAY.toordinal())
    cut = (on_wednesday - PAID) / on_wednesday
    desk.live.list_share("TWIN", twin)
    desk.live.list_share("HALF", lambda day: twin(day) / 2 if day >= after else twin(day))
    desk.live.list_share("PAYS", lambda day: twin(day) * cut if day >= after else twin(day))
    desk.live.done.append(Split("HALF", THURSDAY, 2, 1))
    desk.live.paid.append(Dividend("PAYS", THURSDAY, PAID))
    books = {symbol: desk.book(symbol, (symbol, 7), on=WEDNESDAY) for symbol in ("TWIN", "HALF", "PAYS")}
    desk.night(WEDNESDAY, THURSDAY, FRIDAY)
    plain = desk.betas("TWIN")
    assert desk.betas("HALF")["loading"] == pytest.approx(plain["loading"], rel=1e-9)
    assert desk.betas("PAYS")["loading"] == pytest.approx(plain["loading"], abs=2e-3)
    assert desk.betas("PAYS")["residual_volatility"] == pytest.approx(plain["residual_volatility"], rel=1e-3)
    view = "SELECT factor, as_of, exposure FROM position_factor_exposures WHERE portfolio_id = :book"
    for day in (WEDNESDAY, THURSDAY, FRIDAY):
        whole, halved = (desk.exposures(books[symbol], day) for symbol in ("TWIN", "HALF"))
        assert halved.exposure == pytest.approx(whole.exposure, rel=1e-9), day
        assert halved.risk_share == pytest.approx(whole.risk_share, rel=1e-9), day
        for load in (desk.market_scenarios, desk.stress):
            assert load(books["HALF"], day).direct == pytest.approx(load(books["TWIN"], day).direct, rel=1e-9), day
        seen = {row["factor"]: row["exposure"] for row in desk.rows(view, book=books["HALF"].id) if row["as_of"] == day}
        assert seen == pytest.approx(by_name(halved, "exposure"), rel=1e-9), day
