"""The plant file: checked with line numbers, applied as a change set, exported again."""
