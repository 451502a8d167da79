"""What goes over the pipe: events out, commands in, one JSON line each."""
