"""`python -m chatcore`: the command line."""

from chatcore.adapters.cli import main

if __name__ == "__main__":
    main()
