"""Composes engines: frames of arrays for one market and its dates, then the portfolio stage."""
