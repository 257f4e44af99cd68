"""KPI policies of a plant, and the table of KPIs."""
