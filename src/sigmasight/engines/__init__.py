"""One file per method: pure functions from arrays to arrays."""
