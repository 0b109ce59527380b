"""The two ways in which a measure may be computed."""

import enum


class Method(enum.StrEnum):
    """``default`` is the one we stand for and store; ``classic`` the textbook's, on demand."""

    DEFAULT = "default"
    CLASSIC = "classic"
