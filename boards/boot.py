# First at every boot: an image on trial that hangs, raises or cannot import goes back. 60 s are
# longer than anything that main.py does without feeding: a TLS handshake, a DNS lookup.
from hawkbit import rollback

rollback.guard(watchdog_s=60)
