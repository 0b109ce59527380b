"""The night: runs, steps, shards."""
