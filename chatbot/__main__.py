"""``chatbot`` and ``python -m chatbot``."""

from chatbot.threads import limit_native_threads

limit_native_threads()

from chatbot.cli import run


def main() -> None:
    """Run the command line; the entry point of the ``chatbot`` script."""
    run()


if __name__ == "__main__":
    main()
