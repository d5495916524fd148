"""First at every boot: what is on trial and does not get confirmed goes back."""

import config
from hawkbit import bundle, rollback

rollback.guard(config.GUARD_S)
bundle.guard("/app", config.GUARD_S)
