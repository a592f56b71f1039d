"""Two graphs of a stack, compared: what `pulumi up` would do, what of it is dangerous, told for a person.

found = compare(before, after)     changes and dangers of one stack
markdown([found], base, head)      one comment for all stacks
"""
