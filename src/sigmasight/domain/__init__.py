"""The words: instruments, positions, calendar, units, reasons, scenarios, results, errors."""
