"""Tools of this repository: what builds and runs the demo and the tests. Not part of the installed package."""
