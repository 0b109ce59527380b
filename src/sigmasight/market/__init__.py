"""Where prices, rates and quotes come from: one port, its providers, the calendar's source."""
