"""A book on the factors by what its funds hold: betas of names where they are known, the fund's own for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from sigmasight.domain.market_data import FloatArray
from sigmasight.risk.look_through import Key, LineKind, Stake, share_covered


@dataclass(frozen=True, slots=True)
class FactorsThrough:
    """One book on K factors."""

    exposure: FloatArray  # (K,) USD; NaN where nothing is known
    coverage: float  # share of gross whose betas are known
    by_names: float  # share of the gross exposure to funds for which betas of names were used; NaN without funds


def expose_through(stakes: Sequence[Stake], betas: Mapping[str, FloatArray], factors: int) -> FactorsThrough:
    """Sum exposure x beta, each fund that is opened by the betas of what it holds.

    Args:
        stakes: What the book has.
        betas: Of names and funds by symbol, (K,) each; NaN on a factor that is not usable. What is not among them is
            not known: of a fund's holdings the fund's own beta stands for it, of anything else nothing does.
        factors: K.
    """
    blended = [_blend(stake, betas, factors) for stake in stakes]
    known = [at for at, stake in enumerate(stakes) if stake.exposure == 0.0 or blended[at].covered > 0.0]
    parts = [stakes[at].exposure * blended[at].beta for at in known if stakes[at].exposure]
    nothing = np.full(factors, np.nan if stakes and not known else 0.0)
    return FactorsThrough(
        exposure=np.sum([nothing, *parts], axis=0),
        coverage=share_covered(stakes, [each.covered for each in blended]),
        by_names=_share_by_names(stakes, blended),
    )


@dataclass(frozen=True, slots=True)
class _Blend:
    beta: FloatArray  # (K,) per USD of the stake, of what is covered
    covered: float  # share of it whose beta is known
    by_names: float  # share of it for which betas of what it holds were used


def _blend(stake: Stake, betas: Mapping[str, FloatArray], factors: int) -> _Blend:
    own = betas.get(stake.symbol)
    inside = [key for key in _inside(stake) if key[1] in betas]
    shares = [stake.contents.shares[key] for key in inside]
    parts = [share * betas[symbol] for share, (_, symbol) in zip(shares, inside, strict=True)]
    by_names = stake.contents.part(inside)
    covered = by_names if own is None else 1.0
    whole = parts if own is None else [*parts, (1.0 - fsum(shares)) * own]
    known = covered > 0.0 and not np.isnan(stake.exposure)
    return _Blend(np.sum([np.zeros(factors), *whole], axis=0), covered if known else 0.0, by_names)


def _inside(stake: Stake) -> list[Key]:
    """What an opened fund holds: names, and funds that stay closed."""
    if not stake.contents.through:
        return []
    return [key for key in stake.contents.shares if key[0] is not LineKind.NOT_NAMED]


def _share_by_names(stakes: Sequence[Stake], blended: Sequence[_Blend]) -> float:
    funds = [(stake.known_gross, each.by_names) for stake, each in zip(stakes, blended, strict=True) if stake.is_fund]
    whole = fsum(gross for gross, _ in funds)
    return fsum(gross * share for gross, share in funds) / whole if whole > 0.0 else np.nan
