"""Quality checks: plans of what to measure and when, and what was measured."""
