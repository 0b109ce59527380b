"""Files in: recognised, parsed, every row with its verdict; nothing saved."""
