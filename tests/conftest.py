"""For every room: how hypothesis searches, and that Ctrl-C is heard."""

import signal

from hypothesis import settings

# A shell that starts the tests in the background has them ignore it, and so do all the programs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a machine that does other work too. No database: a run depends on the
# checkout alone; what fails is printed with the line that repeats it.
settings.register_profile("isthmus", deadline=None, database=None, print_blob=True)
settings.load_profile("isthmus")
