"""Running job orders: start, pause, resume, complete."""
