"""The engine as a child process: JSON-line commands on its input, JSON-line events on its output."""
