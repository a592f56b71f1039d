"""A Pulumi language host for Python: it runs programs and policy packs for the engine."""
