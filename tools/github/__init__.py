"""What the workflows of .github/ say to GitHub, with the standard library alone: they run before anything is installed.

api        the few calls that are used
text       what fits into a comment, and what may stand there
comment    one comment per pull request, from the artifact of a run that nobody trusts
drift      one issue per environment whose cluster is not what the stack says
"""
