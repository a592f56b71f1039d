"""`python -m isthmus` is `isthmus`: for a checkout whose command is not on the path."""

from isthmus.cli import main

main()
