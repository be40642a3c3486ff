"""The parts of the simulated workspace: a tree of files, a small shell, programs, and the processes that run them."""
