"""The engine as a child process: JSON-line commands on standard input, JSON-line events on standard output."""
