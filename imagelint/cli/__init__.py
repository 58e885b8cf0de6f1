"""The command line: options, commands, what goes to stdout and stderr, exit codes.

Commands only combine the functions of the other packages.
"""
