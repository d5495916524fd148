"""A local hawkBit: DDI and the Management API in one process, over SQLite.

For demos, for tests of devices and tools; not for fleets. It answers as hawkBit 1.0.4 was
observed to answer, its mistakes included where a client has to live with them.
What differs, with the reason, stands in tools/README.md.
"""
