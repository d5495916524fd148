"""First at every boot: an image on trial that hangs, raises or cannot import goes back."""

import config
from hawkbit import rollback

rollback.guard(config.GUARD_S, watchdog_s=20)
