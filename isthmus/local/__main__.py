"""`python -m isthmus.local SETTINGS`: the supervisor of one world. People use `isthmus local up`."""

from isthmus.local.supervisor import main

main()
