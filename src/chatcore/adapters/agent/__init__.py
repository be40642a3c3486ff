"""Connections to workspaces: `local` is this machine; `closing` gives a connection more to do when it closes."""
