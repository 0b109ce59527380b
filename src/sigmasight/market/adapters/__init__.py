"""Adapters: what vendors and files say, turned into what the ports promise."""
