"""Beta and value at risk come into a snapshot from the results of its portfolio and session, or else a reason does."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pytest
from hypothesis import given, settings

from sigmasight.domain.reasons import BLOCKING, Reason
from sigmasight.domain.risk_results import FactorExposures, TailMethod, TailRisk
from sigmasight.domain.snapshots import MEASURES, Snapshot
from sigmasight.risk.snapshots import complete_snapshots
from support.books import april, holding, portfolio, stock
from support.evenings import evenings
from unit.risk.risk_worlds import TODAY, Told
from unit.risk.tail_worlds import BOOK, Past, noise, past_of, pasts, young

EXAMPLES = settings(deadline=None, max_examples=30, derandomize=True)
ABC, XYZ = stock(3, "ABC"), stock(9, "XYZ")
RETURNS = {ABC: noise(1), XYZ: noise(2)}
PRICES = {ABC: 100.0, XYZ: 50.0}
TOLD = {ABC.id: Told(loading=(1.5,)), XYZ.id: Told(loading=(-1.0,))}
ADDED = ("beta", "value_at_risk")


@dataclass(frozen=True)
class Night:
    """What a night makes of a world's books, before it is put together."""

    past: Past

    @cached_property
    def snapshots(self) -> tuple[Snapshot, ...]:
        scene = self.past.scene
        (evening,) = evenings(scene.world, TODAY, TODAY, facts_of=lambda *_: scene.facts)
        return tuple(evening.snapshots.values())

    @cached_property
    def exposures(self) -> tuple[FactorExposures, ...]:
        return self.past.scene.exposures()

    @cached_property
    def tails(self) -> tuple[TailRisk, ...]:
        return self.past.tails()

    def completed(self) -> tuple[Snapshot, ...]:
        return complete_snapshots(self.snapshots, self.exposures, self.tails)


def night(
    *positions: tuple[float, object],
    money: float = 4_000.0,
    told: dict[int, Told] | None = None,
    known: int = 504,
    prices: dict[object, float] | None = None,
) -> Night:
    """One book; of the second share so many returns are known."""
    returns = RETURNS | {XYZ: young(RETURNS[XYZ], known)}
    made = past_of(
        *positions,  # type: ignore[arg-type]
        returns=returns,
        prices=PRICES if prices is None else prices,  # type: ignore[arg-type]
        money=money,
        told=TOLD if told is None else told,
    )
    return Night(made)


def completed(made: Night) -> Snapshot:
    (snapshot,) = made.completed()
    return snapshot


def of_others(snapshot: Snapshot) -> dict[str, Reason]:
    """Reasons of what a snapshot has by itself."""
    return {name: why for name, why in snapshot.reasons.items() if name not in ADDED}


def test_a_snapshot_is_given_the_market_s_beta_and_the_filtered_loss_of_one_day_in_a_hundred() -> None:
    """$1,000 with a beta of 1.5, in a NAV of $5,000."""
    made = night((10, ABC))
    before, after = made.snapshots[0], completed(made)
    assert after.measures.beta == pytest.approx(0.3, rel=1e-12)
    assert after.measures.value_at_risk == made.tails[0].at(TailMethod.FILTERED, 0.99)[0] > 20.0
    assert before.reasons == of_others(before) | dict.fromkeys(ADDED, Reason.NOT_MODELLED)
    assert after.reasons == of_others(before)
    own = replace(before.measures, beta=after.measures.beta, value_at_risk=after.measures.value_at_risk)
    assert after == replace(before, measures=own, reasons=of_others(before))


def test_an_empty_book_has_a_beta_of_nothing_and_nothing_at_risk() -> None:
    after = completed(night())
    assert (after.measures.beta, after.measures.value_at_risk) == (0.0, 0.0)
    assert (after.reasons, after.warnings) == ({}, ("empty",))


def test_what_is_missing_has_the_reason_of_its_result() -> None:
    for made, expected in (
        (night((10, ABC), money=-5_000.0), {"beta": Reason.NAV_NOT_POSITIVE}),
        (night((10, ABC), told={}), {"beta": Reason.NO_HISTORY}),
        (night((10, XYZ), known=251), {"value_at_risk": Reason.NO_HISTORY}),
        (night((10, XYZ), known=251, told={}), dict.fromkeys(ADDED, Reason.NO_HISTORY)),
        (night((10, XYZ), prices={ABC: 100.0}), dict.fromkeys(ADDED, Reason.NO_PRICE)),
    ):
        after = completed(made)
        assert after.reasons == of_others(after) | expected
        assert [np.isnan(getattr(after.measures, name)) for name in ADDED] == [name in expected for name in ADDED]


def test_other_reasons_stay_as_they_are() -> None:
    made = night((10, ABC), money=-5_000.0)
    before, after = made.snapshots[0], completed(made)
    assert before.reasons["leverage"] == Reason.NAV_NOT_POSITIVE
    assert after.reasons == of_others(before) | {"beta": Reason.NAV_NOT_POSITIVE}


def test_what_does_not_cover_the_whole_book_is_said_after_all_else() -> None:
    """$1,000 of $1,500 has a past; $500 has none, nor betas."""
    made = night((10, ABC), (10, XYZ), known=251, told={ABC.id: Told(loading=(1.5,))})
    before = replace(made.snapshots[0], warnings=("stale_price: ABC",))
    (after,) = complete_snapshots([before], made.exposures, made.tails)
    assert after.warnings == ("stale_price: ABC", "beta covers 66.6% of gross", "value at risk covers 66.6% of gross")
    assert after.reasons == of_others(before)


def test_each_number_says_its_own_coverage() -> None:
    no_past, no_betas = (
        night((10, ABC), (10, XYZ), known=251),
        night((10, ABC), (10, XYZ), told={XYZ.id: Told(loading=(1.0,))}),
    )
    assert completed(no_past).warnings == ("value at risk covers 66.6% of gross",)
    assert completed(no_betas).warnings == ("beta covers 33.3% of gross",)
    assert completed(night((10, ABC), (10, XYZ))).warnings == ()


def test_a_number_that_is_missing_covers_nothing_and_is_not_warned_of() -> None:
    assert completed(night((10, XYZ), known=10, told={})).warnings == ()


def test_marks_of_all_results_come_together() -> None:
    short = Told(loading=(1.5,), reasons=Reason.SHORT_HISTORY)
    assert completed(night((10, XYZ), known=300)).marks == Reason.SHORT_HISTORY
    assert completed(night((10, ABC), told={ABC.id: short})).marks == Reason.SHORT_HISTORY
    made = night((10, ABC), told={ABC.id: short})
    stale = replace(made.snapshots[0], marks=Reason.STALE_PRICE)
    (after,) = complete_snapshots([stale], made.exposures, made.tails)
    assert after.marks == Reason.STALE_PRICE | Reason.SHORT_HISTORY


def two_books() -> Night:
    """The one holds ten shares, the other twenty."""
    other = portfolio("other")
    past = past_of((10, ABC), returns=RETURNS, prices=PRICES, told=TOLD, money=4_000.0)
    lot = holding(other, ABC, 20, entry_price=90, held_from=april(2), brought_in=True)
    world = replace(past.scene.world, portfolios=(BOOK, other), positions=(*past.scene.world.positions, lot))
    return Night(replace(past, scene=replace(past.scene, world=world)))


def test_each_snapshot_is_given_what_is_of_its_own_portfolio_and_session() -> None:
    made = two_books()
    one, other = made.completed()
    assert (one.measures.beta, other.measures.beta) == pytest.approx((0.3, 1.5))
    assert other.measures.value_at_risk == pytest.approx(2.0 * one.measures.value_at_risk)
    earlier = replace(made.snapshots[0], as_of=april(9))
    exposures = tuple(replace(each, as_of=april(9), beta=-each.beta) for each in made.exposures)
    tails = tuple(replace(each, as_of=april(9), value_at_risk=each.value_at_risk + 7.0) for each in made.tails)
    found = complete_snapshots([other, earlier, one], (*made.exposures[::-1], *exposures), (*tails, *made.tails[::-1]))
    assert found[0] == other
    assert found[2] == one
    assert (found[1].measures.beta, found[1].as_of) == (-one.measures.beta, april(9))
    assert found[1].measures.value_at_risk == one.measures.value_at_risk + 7.0


def test_a_snapshot_without_its_results_is_refused_and_results_without_a_snapshot_are_left() -> None:
    made = two_books()
    with pytest.raises(KeyError):
        complete_snapshots(made.snapshots, made.exposures[:1], made.tails)
    with pytest.raises(KeyError):
        complete_snapshots(made.snapshots, made.exposures, made.tails[1:])
    assert complete_snapshots(made.snapshots[1:], made.exposures, made.tails) == made.completed()[1:]
    assert complete_snapshots([], made.exposures, made.tails) == ()


@EXAMPLES
@given(pasts())
def test_every_measure_of_a_whole_snapshot_is_missing_if_and_only_if_a_reason_says_why(past: Past) -> None:
    made = Night(past)
    for before, after, tail in zip(made.snapshots, made.completed(), made.tails, strict=True):
        missing = {name for name in MEASURES if np.isnan(getattr(after.measures, name))}
        assert missing == after.reasons.keys()
        assert all(why and why == why & BLOCKING for why in after.reasons.values())
        assert not after.marks & BLOCKING
        assert after.warnings[: len(before.warnings)] == before.warnings
        is_partial = "value_at_risk" not in missing and tail.coverage < 1.0
        said = [each for each in after.warnings if each.startswith("value at risk covers ")]
        assert len(said) == is_partial
