"""Stand-in for the random plugin: values are made once and kept in the stack's state."""
