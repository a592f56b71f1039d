"""Images without a registry: layers from this machine's files, imported into each data centre."""
