"""What numbers depend on where nobody says otherwise: a setting of a server, and the library's own."""

STALE_SESSIONS = 5
"""How old a close may be and still be used."""

LEAST_OBSERVATIONS = 60
"""Sessions that a symbol's betas need in common with the factors."""

HISTORY_SESSIONS = 520
"""How much history is asked for: two years for value at risk, and a margin."""
