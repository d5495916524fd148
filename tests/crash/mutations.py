"""Libraries with one rule broken: each has to be caught by the crash test.

A Patch replaces one text in one module, and fails when it is not there any more.
"""

import shutil
from collections import namedtuple
from pathlib import Path

from interpreters import ROOT

LIB = ROOT / "lib"

# scenario: where it shows. patches: (module, text, text instead).
Mutation = namedtuple("Mutation", "name scenario patches")


class PatchError(Exception):
    """The library has changed: the mutation has to be written anew."""


def mutate(mutation: Mutation, folder: Path) -> Path:
    """Copy the library to `folder` and break its rule; return the folder."""
    shutil.copytree(LIB, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for module, text, instead in mutation.patches:
        path = folder / "hawkbit" / f"{module}.py"
        source = path.read_text()
        if source.count(text) != 1:
            raise PatchError(f"{mutation.name}: {module}.py has {source.count(text)} of:\n{text}")
        path.write_text(source.replace(text, instead))
    return folder


MUTATIONS = [
    Mutation(
        "success is reported before it is confirmed and written down",
        "nvs",
        [
            (
                "trial",
                "        for part in self._order:\n            self._parts[part].confirm()\n",
                "        if self._journal.state == TESTING:\n"
                "            self._updater.reports()._send(\n"
                '                self._journal.record["action"], "closed", "success", []\n'
                "            )\n"
                "        for part in self._order:\n            self._parts[part].confirm()\n",
            )
        ],
    ),
    Mutation(
        "the report leaves the journal before it is delivered",
        "nvs",
        [
            (
                "report",
                "        try:\n            self._send(*report)\n",
                "        self._journal.write(reports=self._others(action_id))\n"
                "        try:\n"
                "            self._send(*report)\n",
            )
        ],
    ),
    Mutation(
        "set_boot before the record",
        "nvs",
        [
            (
                "action",
                "        signed = self._signed or",
                "        for part in self._order:\n"
                "            self._sinks[part].activate()\n"
                "        signed = self._signed or",
            )
        ],
    ),
    Mutation(
        "what is on flash is not hashed again",
        "nvs",
        [("download", "            self._hash.update(self._client.view)\n", "")],
    ),
    Mutation(
        "the offset is written down ahead of the flash",
        "nvs",
        [
            (
                "action",
                '"at": download.offset,',
                '"at": download.offset + 8192,',
            )
        ],
    ),
    Mutation(
        "no checkpoints",
        "nvs",
        [("action", "< self._updater.checkpoint_bytes:", "< 1 << 30:")],
    ),
    Mutation(
        "what a sink keeps is not restored",
        "nvs",
        [
            (
                "action",
                "                sinks[part].restore(kept[part])\n",
                "                pass\n",
            )
        ],
    ),
    Mutation(
        "otadata is not asked whether the image was rolled back",
        "self-test-fails",
        [
            (
                "slot",
                "        if entry and entry.state in states:",
                "        if entry and 9 in states:",
            )
        ],
    ),
    Mutation(
        "confirmed without a poll",
        "nvs",
        [
            (
                "trial",
                "            self._journal.write(state=TESTING)\n",
                "            self._journal.write(state=TESTING)\n            self.confirm()\n",
            )
        ],
    ),
    Mutation(
        "failed after any cut",
        "nvs",
        [
            (
                "updater",
                "        if self.on_trial and not self._is_booted:\n",
                "        is_under_way = self._journal.state in (DOWNLOADING, STAGED)\n"
                "        if not self._is_booted and is_under_way:\n"
                '            self._acting().fail("the power was cut")\n'
                "        self._is_booted |= not self.on_trial\n"
                "        if self.on_trial and not self._is_booted:\n",
            )
        ],
    ),
    Mutation(
        "a power cut in the trial is the end of it",
        "nvs",
        [("trial", "or not rollback.power_was_cut():", "or True:")],
    ),
    Mutation(
        "a power cut in the trial is the end of it, without rollback in the bootloader",
        "no-rollback",
        [("rollback", "(boots <= MAX_TRIES and power_was_cut())", "False")],
    ),
    Mutation(
        "tries are not counted",
        "nvs",
        [("action", "state=ACTIVATING, tries=tries,", "state=ACTIVATING,")],
    ),
    Mutation(
        "the header is programmed with the first block",
        "nvs",
        [("slot", "                block[i] = 0xFF\n", "                pass\n")],
    ),
    Mutation(
        "the record is removed before the new one takes its name",
        "file",
        [
            (
                "filestore",
                "        os.rename(beside, self._path)\n",
                "        try:\n            os.remove(self._path)\n        except OSError:\n"
                "            pass\n        os.rename(beside, self._path)\n",
            )
        ],
    ),
    Mutation(
        "the record is not closed before it is renamed",
        "file",
        [
            (
                "filestore",
                '        with open(beside, "wb") as f:\n            f.write(data)\n',
                '        f = open(beside, "wb")\n        f.write(data)\n',
            )
        ],
    ),
    Mutation(
        "boots counted in a torn entry count for the next try",
        "no-rollback",
        [("slot", "running.partition.ioctl(_ERASE, 1 - running.sector)\n", "pass\n")],
    ),
    Mutation(
        "no trial after a cut between set_boot and its mark",
        "no-rollback-self-test-fails",
        [
            (
                "slot",
                "            self._begin_trial()\n            return True",
                "            return True",
            )
        ],
    ),
    Mutation(
        "the base of a delta is not proved",
        "delta-of-another-base",
        [("delta", "            if bytes(base) != proof:\n", "            if not proof:\n")],
    ),
    Mutation(
        "the hash of what a delta makes does not count",
        "delta-of-wrong-bytes",
        [
            (
                "download",
                "if digest == self.artifact.digest:",
                "if digest == self.artifact.digest or self.file != self.artifact:",
            )
        ],
    ),
    Mutation(
        "that a delta failed is not written down",
        "delta-of-wrong-bytes",
        [
            ("action", "write(full=True, at=0)", "write(at=0)"),
            ("action", 'and not record.get("full"):', "and not self._full:"),
            (
                "action",
                "        kept = journal.record.get(",
                "        self._full = False\n        kept = journal.record.get(",
            ),
            (
                "action",
                '%s; taking the full image", e)\n',
                '%s", e)\n                self._full = True\n',
            ),
        ],
    ),
    Mutation(
        "the next block of a delta is skipped",
        "delta",
        [("delta", "        if offset < self.offset:\n", "        if offset <= self.offset:\n")],
    ),
    Mutation(
        "stored blocks of a delta are written again",
        "delta",
        [("delta", "        if offset < self.offset:\n", "        if offset < 0:\n")],
    ),
    Mutation(
        "the place in a delta is ahead of the flash",
        "delta",
        [
            (
                "delta",
                "            for number in range(first, first + count):\n",
                "            self.frame = following\n"
                "            for number in range(first, first + count):\n",
            )
        ],
    ),
]
