"""Recommender views in pure NumPy: predictions, fallbacks and metrics, with no TensorFlow."""
