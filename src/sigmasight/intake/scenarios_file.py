"""Stress scenarios from a JSON file: all of them, or every error with its place and none.

The file is an object with the one key ``scenarios``, a list of objects: ``id``, ``name``, ``category``, ``severity``,
``active``, ``shocks`` (a list of ``factor`` and ``size``), and if wanted ``basis`` (``relative`` when left out),
``volatility``, ``from`` and ``to`` (the first and the last close of what is replayed), ``description``. Sizes are
fractions: -0.10 is -10 %, and for a Treasury tenor 0.01 is +100 basis points; a ``volatility`` of 0.10 is +10 points.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial
from importlib.resources import files
from typing import TypeVar

from sigmasight.domain.errors import InvalidScenariosError, SigmaSightError
from sigmasight.domain.factors import FACTORS, RATE_TENORS
from sigmasight.domain.scenarios import Basis, Category, Scenario, Severity, Shock
from sigmasight.intake.json_text import JsonObject, kind_of, read_json
from sigmasight.intake.verdicts import shortened

MAX_BYTES = 1024 * 1024
TOTAL_LOSS = -1.0
LARGEST_YIELD_CHANGE = 0.20
LARGEST_RISE = 10.0
MAX_SCENARIOS = 50
"""All of a user's own scenarios are run every night."""
VOLATILITY_CHANGES = (-1.0, 5.0)

_ID = re.compile(r"[a-z0-9_]{1,60}")
_REQUIRED = ("id", "name", "category", "severity", "active", "shocks")
_OPTIONAL = ("basis", "volatility", "from", "to", "description")
_ERRORS_LISTED = 1000
_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=StrEnum)


def parse_scenarios(
    content: bytes, *, factor_names: Sequence[str], taken_ids: Collection[str] = ()
) -> tuple[Scenario, ...]:
    """Read a file of scenarios.

    Args:
        content: The file as it is on disk.
        factor_names: The factors that can be shocked, besides the Treasury tenors.
        taken_ids: Ids that the file may not use, because they are those of scenarios that come with SigmaSight.

    Raises:
        InvalidScenariosError: If anything is wrong with the file; the message lists every error with its place.
    """
    walk = _Walk(tuple(factor_names), frozenset(taken_ids))
    scenarios = walk.scenarios(read_json(content, max_bytes=MAX_BYTES))
    if walk.errors:
        raise InvalidScenariosError(_listed(walk.errors, "The scenario file"), faults=tuple(walk.errors))
    return scenarios


def parse_scenario(
    members: Mapping[str, object], *, factor_names: Sequence[str], taken_ids: Collection[str] = ()
) -> Scenario:
    """Read one scenario from its members, as a file has them; one that is None or empty counts as not there.

    Raises:
        InvalidScenariosError: If anything is wrong with it; the message lists every error with its place.
    """
    content = json.dumps({name: value for name, value in members.items() if value is not None and value != ""})
    walk = _Walk(tuple(factor_names), frozenset(taken_ids))
    scenario = walk.scenario(read_json(content.encode(), max_bytes=MAX_BYTES), "", {})
    if walk.errors or scenario is None:
        raise InvalidScenariosError(_listed(walk.errors, "The scenario"), faults=tuple(walk.errors))
    return scenario


def shipped_scenarios() -> tuple[Scenario, ...]:
    """The scenarios that come with SigmaSight, written by hand."""
    return _shipped("stress_scenarios.json")


def shipped_replays() -> tuple[Scenario, ...]:
    """The realised episodes that come with SigmaSight: what every factor really returned."""
    return _shipped("realised_episodes.json")


def scenario_file(scenarios: Iterable[Scenario]) -> dict[str, object]:
    """The content of a file that reads back as these scenarios."""
    return {"scenarios": [scenario_member(scenario) for scenario in scenarios]}


def scenario_member(scenario: Scenario) -> dict[str, object]:
    """A scenario as its file has it; what is optional and not said is left out."""
    volatility, description = scenario.volatility_change, scenario.description
    return {
        "id": scenario.id,
        "name": scenario.name,
        "category": str(scenario.category),
        "severity": str(scenario.severity),
        "active": scenario.active,
        "basis": str(scenario.basis),
        **({} if volatility is None else {"volatility": volatility}),
        "shocks": [{"factor": shock.factor, "size": shock.size} for shock in scenario.shocks],
        **({} if scenario.first_close is None else {"from": scenario.first_close.isoformat()}),
        **({} if scenario.last_close is None else {"to": scenario.last_close.isoformat()}),
        **({"description": description} if description else {}),
    }


def _shipped(name: str) -> tuple[Scenario, ...]:
    content = files("sigmasight.intake").joinpath(name).read_bytes()
    return parse_scenarios(content, factor_names=[factor.name for factor in FACTORS if factor.active])


class _FaultError(SigmaSightError):
    """A value is not what its place asks for; becomes one line of the message."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """Goes through a whole file and notes what is wrong; what it returns counts only when nothing was."""

    factor_names: Sequence[str]
    taken_ids: Collection[str]
    errors: list[tuple[str, str]] = field(default_factory=list)  # place, and what is wrong there

    def scenarios(self, root: object) -> tuple[Scenario, ...]:
        """Every scenario that could be read."""
        members = self.members(root, "", required=("scenarios",))
        listed = self.read(members, "scenarios", "", _filled_list) or []
        places: dict[str, str] = {}
        found = [self.scenario(value, f"scenarios[{at}]", places) for at, value in enumerate(listed)]
        return tuple(scenario for scenario in found if scenario is not None)

    def scenario(self, value: object, place: str, places: dict[str, str]) -> Scenario | None:
        """One scenario; ``places`` says where the ids before it were."""
        members = self.members(value, place, required=_REQUIRED, optional=_OPTIONAL)
        identity = self.read(members, "id", place, partial(_new_id, taken=self.taken_ids, places=places, place=place))
        name = self.read(members, "name", place, partial(_text, limit=120))
        category = self.read(members, "category", place, partial(_word, words=Category))
        severity = self.read(members, "severity", place, partial(_word, words=Severity))
        active = self.read(members, "active", place, _flag)
        shocks = self.shocks(members, place)
        basis = self.read(members, "basis", place, partial(_word, words=Basis)) or Basis.RELATIVE
        volatility = self.read(members, "volatility", place, _volatility_change)
        closes = self.closes(members, place)
        description = self.read(members, "description", place, partial(_text, limit=1000)) or ""
        if identity is None or name is None or category is None or severity is None or active is None:
            return None
        return Scenario(identity, name, category, severity, active, basis, shocks, description, volatility, *closes)

    def closes(self, members: Mapping[str, object], place: str) -> tuple[date | None, date | None]:
        """The first and the last close of what a scenario replays; none where it replays nothing."""
        first, last = (self.read(members, key, place, _close) for key in ("from", "to"))
        if ("from" in members) != ("to" in members):
            self.note(place, "needs both 'from' and 'to', or neither")
        elif first and last and first >= last:
            self.note(f"{place}.to", f"must be after 'from', {first}")
        return first, last

    def shocks(self, members: Mapping[str, object], place: str) -> tuple[Shock, ...]:
        """The shocks of one scenario that could be read."""
        listed = self.read(members, "shocks", place, _filled_list) or []
        shocked: set[str] = set()
        found = [self.shock(value, f"{place}.shocks[{at}]", shocked) for at, value in enumerate(listed)]
        return tuple(shock for shock in found if shock is not None)

    def shock(self, value: object, place: str, shocked: set[str]) -> Shock | None:
        """One shock; ``shocked`` holds the factors of those before it."""
        members = self.members(value, place, required=("factor", "size"))
        names = (*self.factor_names, *RATE_TENORS)
        factor = self.read(members, "factor", place, partial(_new_factor, names=names, shocked=shocked))
        size = self.read(members, "size", place, partial(_size, factor=factor))
        return None if factor is None or size is None else Shock(factor, size)

    def members(
        self, value: object, place: str, *, required: Sequence[str], optional: Sequence[str] = ()
    ) -> Mapping[str, object]:
        """An object's members; none when it is no object."""
        if not isinstance(value, JsonObject):
            self.note(place, f"must be an object, not {kind_of(value)}")
            return {}
        for key in value.repeated:
            self.note(place, f"has the key {shortened(key)!r} more than once")
        for key in value.members:
            if key not in required and key not in optional:
                self.note(
                    place, f"has the unknown key {shortened(key)!r}; known are {', '.join((*required, *optional))}"
                )
        for key in required:
            if key not in value.members:
                self.note(place, f"lacks the key {key!r}")
        return value.members

    def read(self, members: Mapping[str, object], key: str, place: str, reader: Callable[[object], _T]) -> _T | None:
        """The value of a key; None when it is not there or, with a note, not readable."""
        if key not in members:
            return None
        try:
            return reader(members[key])
        except _FaultError as fault:
            self.note(f"{place}.{key}", str(fault))
            return None

    def note(self, place: str, fault: str) -> None:
        """Remember an error."""
        self.errors.append((place.removeprefix("."), fault))


def _filled_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise _FaultError(f"must be a list, not {kind_of(value)}")
    if not value:
        raise _FaultError("must have at least one element")
    return value


def _text(value: object, *, limit: int) -> str:
    if not isinstance(value, str):
        raise _FaultError(f"must be text, not {kind_of(value)}")
    text = value.strip()
    if not text or len(text) > limit or not text.isprintable():
        raise _FaultError(f"must have 1 to {limit:,} characters on one line, all of them printable")
    return text


def _new_id(value: object, *, taken: Collection[str], places: dict[str, str], place: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise _FaultError("must be 1 to 60 small letters a-z, digits and underscores")
    if value in taken:
        raise _FaultError(f"{value!r} is the id of a scenario that comes with SigmaSight: choose another")
    first = places.setdefault(value, place)
    if first != place:
        raise _FaultError(f"{value!r} is already the id of {first}")
    return value


def _word(value: object, *, words: type[_Word]) -> _Word:
    for word in words:
        if word.value == value:
            return word
    raise _FaultError(f"must be one of {', '.join(words)}")


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _FaultError(f"must be true or false, not {kind_of(value)}")
    return value


def _new_factor(value: object, *, names: Sequence[str], shocked: set[str]) -> str:
    if not isinstance(value, str) or value not in names:
        raise _FaultError(f"must be one of {', '.join(names)}")
    if value in shocked:
        raise _FaultError(f"{value} is shocked more than once")
    if value in RATE_TENORS:
        _refuse_second_yield(value, shocked)
    shocked.add(value)
    return value


def _refuse_second_yield(tenor: str, shocked: Collection[str]) -> None:
    for first in shocked:
        if first in RATE_TENORS:
            raise _FaultError(
                f"{tenor} is a second Treasury yield beside {first}: shock one of them; "
                "a rate beta is a regression on one yield, so two would count the same move twice"
            )


def _number(value: object) -> float:
    if not isinstance(value, float):
        raise _FaultError(f"must be a finite number, not {kind_of(value)}")
    return value


def _close(value: object) -> date:
    if not isinstance(value, str):
        raise _FaultError(f"must be a date such as 2020-02-19, not {kind_of(value)}")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _FaultError(f"must be a date such as 2020-02-19, not {shortened(value)!r}") from None


def _volatility_change(value: object) -> float:
    change, (least, most) = _number(value), VOLATILITY_CHANGES
    if not least <= change <= most:
        raise _FaultError(f"{change:.12g} is not between {least:g} and {most:g}: write a fraction, 0.10 is +10 points")
    return change


def _size(value: object, *, factor: str | None) -> float:
    """A shock's size, checked for what its factor can do."""
    size = _number(value)
    if factor in RATE_TENORS:
        if abs(size) > LARGEST_YIELD_CHANGE:
            raise _FaultError(
                f"{size:g} is too large for a change of yield: write a fraction, 0.01 is +100 basis points"
            )
    elif size <= TOTAL_LOSS:
        raise _FaultError(f"{size:g} is a loss of 100 % or more: write a fraction above -1, -0.10 is -10 %")
    elif size > LARGEST_RISE:
        raise _FaultError(f"{size:g} is a rise of more than 1,000 %: write a fraction, 0.10 is +10 %")
    return size


def _listed(errors: Sequence[tuple[str, str]], whole: str) -> str:
    count = "1 error" if len(errors) == 1 else f"{len(errors):,} errors"
    more = [f"and {len(errors) - _ERRORS_LISTED:,} more"] if len(errors) > _ERRORS_LISTED else []
    told = [f"{place or 'the file'}: {fault}" for place, fault in errors[:_ERRORS_LISTED]]
    return "\n- ".join([f"{whole} has {count}; nothing was changed:", *told, *more])
