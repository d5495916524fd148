"""boards/manifest.py, by a stand-in for MicroPython's two functions."""

from pathlib import Path

BOARDS = Path(__file__).parents[2] / "boards"


def test_manifest_freezes_the_library_on_top_of_the_ports_own():
    included, packages = [], []

    def package(name, base_path, opt):
        packages.append((BOARDS / base_path / name).resolve())
        assert opt == 3

    source = (BOARDS / "manifest.py").read_text()
    exec(source, {"include": included.append, "package": package})
    assert included == ["$(PORT_DIR)/boards/manifest.py"]
    assert packages == [BOARDS.parent / "lib" / "hawkbit"]
