"""``python -m nlp_toolkit`` is ``nlp-toolkit``."""

from nlp_toolkit.cli import main

if __name__ == "__main__":
    main()
