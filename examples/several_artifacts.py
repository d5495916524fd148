# Firmware and a file in one distribution set: both are used, or neither. boot.py ends with
#   from hawkbit import bundle
#   bundle.guard("/models", None)
# Each file is a module of its own, and one set has both:
#   rollouts publish firmware.app-bin --name firmware --version 2.0.0
#   rollouts publish speech.tflite --type application --name speech --version 5
#   rollouts ds create kitchen 2.0.0 --type os_app --module firmware:2.0.0 --module speech:5
#   rollouts assign kitchen:2.0.0 kitchen-1
#   mpremote cp examples/several_artifacts.py :main.py + reset

import config
import machine
from hawkbit import board, bundle
from hawkbit.files import Files

print("models:", bundle.directory("/models"))  # where those are that go with this firmware
feed = machine.WDT(timeout=60000).feed
board.updater(
    config.URL,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
    sinks={"bApp": Files("/models")},  # beside "os", the slot
    feed=feed,
).run()
