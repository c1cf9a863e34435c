"""The command line, `pycertifspec`: one file a command."""
