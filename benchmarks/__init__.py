"""Costs as ratios within one run: seconds depend on the machine and the day, ratios much less."""
