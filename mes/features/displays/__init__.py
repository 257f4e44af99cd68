"""Wall displays: screens that only show the wall, by a token that never signs out."""
