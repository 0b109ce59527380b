"""Settings, clock, providers, database: the only reader of the environment."""
