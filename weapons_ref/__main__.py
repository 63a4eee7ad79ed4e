"""``python -m weapons_ref``."""

from weapons_ref.cli import main

main()
