"""Hour by hour of a line: plan, good, gap, and what people say about the hours."""
