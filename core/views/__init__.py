"""One file a question that can be asked of a model."""
