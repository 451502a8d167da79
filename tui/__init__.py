"""The terminal screen of Tastemap: it sends commands to the engine's child process and draws its events."""
