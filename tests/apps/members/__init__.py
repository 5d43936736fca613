"""Users whose columns lie in two tables (multi-table inheritance)."""
