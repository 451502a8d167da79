"""Models of Tastemap and of its peers, each trained in a process of its own on one handed-over split."""
