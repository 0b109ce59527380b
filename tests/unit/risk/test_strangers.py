import numpy as np
import pytest

from sigmasight.risk.frames import rows_of


def test_an_instrument_that_the_frame_does_not_hold_is_no_neighbour_of_it() -> None:
    ids = np.array([3, 9])
    assert rows_of(ids, np.array([9, 3, 3])).tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="the frame has no instrument 5"):
        rows_of(ids, np.array([3, 5]))
