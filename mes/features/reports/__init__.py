"""Report pages beside the OEE report: timeline, production, orders, comparison, trends; exports."""
