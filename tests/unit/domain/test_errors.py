"""The tree that is drawn is the tree that is there."""

import re

from sigmasight.domain import errors


def drawn() -> list[tuple[int, str]]:
    """Depth and name of each error in the module's drawing, from top to bottom."""
    lines = (re.match(r"([│├└─ ]*)(\w+Error)\b", line) for line in (errors.__doc__ or "").splitlines())
    return [(len(line[1]) // 4, line[2]) for line in lines if line]


def defined(root: type[Exception], depth: int = 0) -> list[tuple[int, str]]:
    """Depth and name of each error class of the module, as they inherit from each other."""
    own = [child for child in root.__subclasses__() if child.__module__ == errors.__name__]
    return [(depth, root.__name__), *(entry for child in own for entry in defined(child, depth + 1))]


def test_the_drawing_shows_every_error_under_the_one_it_inherits_from() -> None:
    assert drawn() == defined(errors.SigmaSightError)


def test_every_error_says_when_it_is_raised() -> None:
    named = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    described = [error for error in named if error.__doc__]
    assert len(described) == len(drawn())
