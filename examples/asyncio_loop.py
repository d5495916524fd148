# Updates as one task of an asyncio application: cycle() lets go after every request and 4 KiB.
#   mpremote cp examples/asyncio_loop.py :main.py + reset

import asyncio

import config
import machine
from hawkbit import board


async def update(updater):
    while True:
        for _ in updater.cycle():
            await asyncio.sleep(0)
        await asyncio.sleep(updater.wait_s())


async def work():
    while True:  # what the device is for; update() sleeps for minutes, so this one feeds
        feed()
        await asyncio.sleep(1)


async def main():
    it = board.updater(config.URL, config.CONTROLLER_ID, target_token=config.TARGET_TOKEN)
    await asyncio.gather(update(it), work())


feed = machine.WDT(timeout=60000).feed
asyncio.run(main())
