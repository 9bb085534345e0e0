"""`python -m bridge` is the same program as the console script `bridge`."""

from bridge.cli.main import main

if __name__ == "__main__":
    main()
