"""The Pulumi engine on a machine that has only package registries.

    Engine (engine.py)
      ├── pulumi                    the real CLI, built from its Go module (binary.py, cli/go.mod)
      ├── pulumi-language-python    our language host (language/)
      ├── pulumi-language-nodejs, -yaml           stand-ins that run the programs of examples/, no more (language/)
      ├── pulumi-resource-kubernetes, -random     stand-ins for the official plugins (stand_in/)
      └── pulumi-resource-pulumi-python           the SDK's own server of dynamic providers

Where the official CLI, language host and plugins are installed, they serve instead (companions.py). The engine says so
once a command where stand-ins serve, and they refuse what they do not do.
"""
