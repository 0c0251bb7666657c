"""What costs how much, as ratios within one run: seconds depend on the machine and on its day, ratios much less."""
