"""``chatbot`` and ``python -m chatbot``."""

from chatbot.threads import limit_native_threads

limit_native_threads()

from chatbot.cli import run
from chatbot.logs import configure_logs


def main() -> None:
    """Run the command line; the entry point of the ``chatbot`` script."""
    configure_logs("console", "warning")  # standard output is for answers; a server sets its own
    run()


if __name__ == "__main__":
    main()
