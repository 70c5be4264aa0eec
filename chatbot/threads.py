"""Keep native libraries to one thread a call, before any of them is loaded."""

import os


def limit_native_threads() -> None:
    """Set what OpenMP reads when it starts: one thread a call, and no spinning.

    The encoder's pool runs one call a thread. With more OpenMP threads beside it they wait for
    each other while spinning: the 95th percentile of a question rose from 20 ms to 2 s.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
