"""A seeded discrete-event plant. Its time is whole microseconds of plant time."""
