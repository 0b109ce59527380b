"""Whether the API tells what the command line tells."""

import json
from datetime import date
from typing import Any

import pytest

from support.databases import LAST_SESSION

LAST = date.fromisoformat(LAST_SESSION)
TUESDAY = date(2026, 11, 17)
"""An earlier session, whose night has correlations too."""

_OF_THE_COMMAND_ALONE = {"portfolio", "market", "kind"}
_ROUNDED = 5.1e-7
"""Ratios have six places here, and there sometimes all."""


def assert_told(document: dict[str, Any], answer: dict[str, Any]) -> None:
    """All that a document of `--json` has stands in an answer under the same name."""
    plain = json.loads(json.dumps(document))
    for name in plain.keys() - _OF_THE_COMMAND_ALONE:
        _assert_same(plain[name], answer[name], name)


def _assert_same(told: object, found: object, where: str) -> None:
    if isinstance(told, dict) and isinstance(found, dict):
        assert told.keys() <= found.keys(), where
        for name, value in told.items():
            _assert_same(value, found[name], f"{where}.{name}")
    elif isinstance(told, list) and isinstance(found, list):
        assert len(told) == len(found), where
        for at, (one, other) in enumerate(zip(told, found, strict=True)):
            _assert_same(one, other, f"{where}[{at}]")
    elif isinstance(told, float) and isinstance(found, int | float):
        assert found == pytest.approx(told, abs=_ROUNDED), where
    else:
        assert found == told, where
