"""The second-stage bootloader: rolls back, picks the slot, verifies the image.

Source: IDF bootloader_utility.c (selection, fallback), bootloader_common_loader.c.
"""

from simboard import otadata, partitions
from simboard.flash import SECTOR
from simboard.image import ImageError, verify

_FACTORY = -1


def boot(chip):
    """Return the partition of the application that is started now.

    Stops the chip (PowerOff, as a reset) when nothing on the flash can be booted.
    """
    if chip.fast_boot_addr is not None:
        # CONFIG_BOOTLOADER_SKIP_VALIDATE_IN_DEEP_SLEEP: otadata is not even read.
        chip.log("boot: woke up, fast booting from 0x%x" % chip.fast_boot_addr)
        return chip.partition_at(chip.fast_boot_addr)
    if chip.partitions is None:
        chip.log("boot: no partition table at 0x%x" % partitions.TABLE_ADDR)
        return chip.stop(chip.RESET)
    slots = partitions.ota_slots(chip.partitions)
    start, is_initial = _select(chip, slots)
    loaded = _load_first_good(chip, slots, start)
    if is_initial and loaded in slots:
        index = slots.index(loaded)
        write_entry(chip, 0, otadata.new_entry(index + 1, otadata.VALID))
    return loaded


def read_entries(chip):
    """Return the two otadata entries, or None without an otadata partition."""
    addr = _otadata_addr(chip)
    if addr is None:
        return None
    entries = []
    for index in (0, 1):
        raw = bytearray(otadata.ENTRY_SIZE)
        chip.read(addr + index * SECTOR, raw)
        entries.append(otadata.parse(raw))
    return entries


def write_entry(chip, index, entry):
    """Erase, then program: a power cut in between leaves that entry blank."""
    addr = _otadata_addr(chip) + index * SECTOR
    chip.erase_sector(addr)
    chip.program(addr, otadata.build(entry))


def erase_entries(chip):
    """Back to the factory app, or to ota_0: what set_boot() of the factory app does."""
    for index in (0, 1):
        chip.erase_sector(_otadata_addr(chip) + index * SECTOR)


def boot_partition(chip):
    """What would boot now as far as otadata says: esp_ota_get_boot_partition(), or None."""
    slots = partitions.ota_slots(chip.partitions)
    entries = read_entries(chip)
    active = otadata.active(entries) if entries and slots else None
    if active is not None:
        return slots[(entries[active].seq - 1) % len(slots)]
    return _factory(chip) or (slots[0] if slots else None)


def _otadata_addr(chip):
    found = partitions.find_one(chip.partitions, partitions.TYPE_DATA, partitions.DATA_OTA)
    return found.addr if found else None


def _select(chip, slots):
    """Return (index of the slot to try first, whether otadata was never written)."""
    entries = read_entries(chip)
    if entries is None:
        return _FACTORY, False
    if chip.has_rollback and slots:
        _abort_pending(chip, slots, entries)
    has_factory = _factory(chip) is not None
    if not slots or (otadata.is_invalid(entries[0]) and otadata.is_invalid(entries[1])):
        if has_factory:
            return _FACTORY, False
        return 0, otadata.is_blank(entries[0]) and otadata.is_blank(entries[1])
    active = otadata.active(entries)
    if active is None:
        return _FACTORY, False
    entry = entries[active]
    if entry.state == otadata.NEW and chip.has_rollback:
        write_entry(chip, active, otadata.with_state(entry, otadata.PENDING_VERIFY))
    return (entry.seq - 1) % len(slots), False


def _abort_pending(chip, slots, entries):
    # Still unconfirmed at a reset: whatever the reason of that reset, the image had its chance.
    for index in (0, 1):
        if entries[index].state == otadata.PENDING_VERIFY:
            slot = (entries[index].seq - 1) % len(slots)
            chip.log("boot: ota_%d was reset before it was confirmed: rolling back" % slot)
            entries[index] = otadata.with_state(entries[index], otadata.ABORTED)
            write_entry(chip, index, entries[index])


def _load_first_good(chip, slots, start):
    """From `start` down to the factory app, then upwards; states do not matter here."""
    order = list(range(start, _FACTORY - 1, -1)) + list(range(start + 1, len(slots)))
    for index in order:
        candidate = _factory(chip) if index == _FACTORY else slots[index]
        if candidate is None:
            continue
        try:
            verify(chip.read, candidate.addr, candidate.size, chip.chip_id, will_load=True)
            return candidate
        except ImageError as e:
            chip.log("boot: %s is not bootable: %s" % (candidate.label, e.args[0]))
    chip.log("boot: no bootable app partitions in the partition table")
    return chip.stop(chip.RESET)


def _factory(chip):
    return partitions.find_one(chip.partitions, partitions.TYPE_APP, partitions.APP_FACTORY)
