"""Stand-ins for Pulumi plugins that no package registry carries. Each one names what it covers and refuses the rest."""
