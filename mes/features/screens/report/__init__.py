"""The OEE report page: periods, the ladder of times, losses, plan and good per hour. All exact."""
