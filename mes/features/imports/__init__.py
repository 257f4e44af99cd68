"""Masters, orders and calendars from spreadsheets: checked first, then written in one step."""
