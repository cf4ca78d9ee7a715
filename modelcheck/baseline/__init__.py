"""What was known of specs before (`results/`), and what a gate says now."""
