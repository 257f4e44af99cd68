"""From an empty database to the first part: the first account, then a guide of few steps."""
