"""`python -m relance_mailer`."""

from relance_mailer.cli import main

if __name__ == "__main__":
    main()
