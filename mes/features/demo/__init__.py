"""Running the system: the supervisor, the demo plant and its past week."""
