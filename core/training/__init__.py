"""Training: sessions, the loop that any trainer runs in, tuning."""
