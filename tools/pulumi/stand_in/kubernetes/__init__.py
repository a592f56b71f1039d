"""Stand-in for the kubernetes plugin: one process per provider resource drives one real API server."""
