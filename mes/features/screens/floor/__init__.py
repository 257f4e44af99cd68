"""Pages of the floor: a line hour by hour, the handover of its shift, calls for help."""
