"""What goes in and out: names with units, money as decimal strings."""
