# ruff: noqa: E402 - the threshold comes before the imports: the biggest single gain
"""What `make soak` runs: CYCLES cycles without a reset. Prints the free bytes every STEP."""

import gc

gc.threshold(2048)

import os

from hawkbit import board, log

gc.threshold(-1)


def main():
    log.level = 0
    updater = board.updater(
        os.getenv("URL"), "dev1", gateway_token="secret", accept=lambda _: "refuse"
    )
    step = int(os.getenv("STEP"))
    for number in range(int(os.getenv("CYCLES"))):
        for _ in updater.cycle():
            pass
        if number % step == 0:
            gc.collect()
            print(gc.mem_free())


main()
