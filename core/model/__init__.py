"""A trained model in memory: its tables, its scores, its fallback, and users folded in."""
