"""Training: the loop that any trainer runs in, and the gradient trainer on TensorFlow."""
