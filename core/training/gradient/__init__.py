"""The engine's own trainer: gradient steps on gathered rows, compiled."""
