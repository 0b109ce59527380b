"""One thread for matrix products: small ones are slower on several, and on several their last bits are not the same."""

import os

_COUNTS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def use_one_thread() -> None:
    """Ask for one thread, unless the environment says how many; before numpy is imported, else too late."""
    for name in _COUNTS:
        os.environ.setdefault(name, "1")
