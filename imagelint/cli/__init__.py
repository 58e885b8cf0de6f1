"""The command line: options, commands, what goes to stdout and stderr, exit codes.

Commands only put together what the other packages do.
"""
