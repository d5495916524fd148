"""The options of `rollouts publish` for deltas, and what they made."""

import dataclasses

from rollouts.cli.command import option
from rollouts.cli.exits import UsageError
from rollouts.release import bases


@dataclasses.dataclass
class Deltas:
    """What goes beside the image, so that devices fetch less."""

    delta_from: option(
        list[str] | None,
        "A delta from that image or release, which devices run now; may be repeated.",
        metavar="FILE|NAME:VERSION",
    ) = None
    latest: option(
        int,
        "Deltas from the last N releases of that name on the server.",
        "--deltas",
        metavar="N",
        min=0,
        max=bases.MAX_DELTAS,
    ) = 0
    compress: option(
        bool, "The image compressed, for all other devices: about 30 % less.", "--compress"
    ) = False

    def made(self, run, release, folder):
        """Return the deltas asked for, as files in `folder`."""
        texts = dict.fromkeys(self.delta_from or [])
        found = [bases.from_text(run.hawkbit, release, text) for text in texts]
        if self.latest:
            found += bases.latest(run.hawkbit, release, self.latest, run.out.note)
        if self.compress:
            found.append(bases.Base("any image"))
        if found and release.module_type != "os":
            raise UsageError("deltas are made from ESP32 images only: --type os")
        return bases.make(release, found, folder, run.out.note)


def show_sizes(run, release, found):
    """Print a table of the image and of all deltas beside it."""
    labels = {one.filename: one.base for one in release.deltas}
    run.out.rows(
        [found.artifact, *found.deltas.values()],
        {
            "FILE": lambda one: one.provided_filename,
            "BYTES": lambda one: one.size,
            "OF THE IMAGE": lambda one: f"{one.size / found.artifact.size:.1%}",
            "FROM": lambda one: labels.get(one.provided_filename),
        },
    )
