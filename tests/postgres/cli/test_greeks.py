"""`sigmasight greeks`: what it prints, and what it refuses."""

import json

import pytest

from .conftest import Command

BOOK = "Sophisticated High Net Worth"


@pytest.mark.parametrize("by", ["position", "underlying", "expiry", "portfolio"])
def test_by_each_of_what(command: Command, demo_url: str, by: str) -> None:
    ended = command(demo_url, "greeks", "--portfolio", BOOK, "--by", by, "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert (document["portfolio"], document["by"], document["method"]) == (BOOK, by, "default")
    assert document["lines"]
    assert command(demo_url, "greeks", "--portfolio", BOOK, "--by", by).code == 0


def test_the_classic_method_is_black_scholes(command: Command, demo_url: str) -> None:
    ended = command(demo_url, "greeks", "--portfolio", BOOK, "--method", "classic", "--json")
    assert ended.code == 0, ended.err
    document = json.loads(ended.out)
    assert document["method"] == "classic"
    assert "american" not in {line["model"] for line in document["lines"]}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--portfolio", BOOK, "--as-of", "2026-11-23"), "has not closed yet"),
        (("--portfolio", BOOK, "--as-of", "2026-11-15"), "no trading day"),
        (("--portfolio", "Nobody's"), "There is no portfolio"),
    ],
)
def test_what_cannot_be_is_refused(command: Command, demo_url: str, more: tuple[str, ...], said: str) -> None:
    ended = command(demo_url, "greeks", *more)
    assert ended.code == 1
    assert said in ended.err
    assert ended.out == ""


def test_a_narrow_screen_cuts_no_number(command: Command, demo_url: str) -> None:
    shown = command(demo_url, "greeks", "--portfolio", BOOK)
    assert shown.code == 0, shown.err
    assert "…" not in shown.out
