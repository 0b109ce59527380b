"""SigmaSight from Python: the same code as the night's, on plain arrays and records; no database and no account."""
