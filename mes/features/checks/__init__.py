"""Data that waits for a person: suspect counts, records that ingest kept aside, lost statements."""
