"""For every room: how hypothesis searches."""

from hypothesis import settings

# How long an example takes says nothing on a machine that does other work too. No database: a run depends on the
# checkout alone; what fails is printed with the line that repeats it.
settings.register_profile("isthmus", deadline=None, database=None, print_blob=True)
settings.load_profile("isthmus")
