"""Columns that nobody can change: answers share memory with what is kept."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


def locked(column: NDArray[Scalar]) -> NDArray[Scalar]:
    """The same column, read-only from now on, as are the parts cut from it."""
    column.setflags(write=False)
    return column
