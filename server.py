"""The production server: ``python server.py`` is ``chatbot serve``."""

from chatbot.threads import limit_native_threads

limit_native_threads()

from chatbot.cli import run

if __name__ == "__main__":
    run(["serve"])
