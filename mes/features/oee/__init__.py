"""OEE: figures of work units, reports and case files."""
