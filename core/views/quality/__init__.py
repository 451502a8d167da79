"""How good a model is: its errors, its ranking, and the difference from other runs."""
