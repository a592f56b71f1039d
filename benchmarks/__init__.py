"""Measured claims, each with its rival in the same run."""
