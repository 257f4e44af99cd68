"""Sources as integrators make them in a browser: forms, saving, signals, what an edge shows."""
