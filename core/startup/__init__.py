"""TensorFlow, loaded lean: its import, the compiled programs that are kept, the device."""
