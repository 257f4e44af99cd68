"""Stops of a work unit and what people say about them (rules S1 to S9 of the data model)."""
