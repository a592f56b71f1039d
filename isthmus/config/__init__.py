"""`isthmus config ...`: the stack files as the program will read them, before anything is asked of any cloud."""
