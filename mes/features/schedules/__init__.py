"""Report files that are made by themselves after each shift, day, week or month."""
