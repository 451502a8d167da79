"""Charts as pure functions: numbers in, text out."""
