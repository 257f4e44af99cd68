"""Handing a shift of a line over: what the facts say, what people add, who signs."""
