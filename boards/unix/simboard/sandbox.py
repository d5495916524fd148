"""A board's Python inside CPython: its own modules, `open`, `os` and `time`, afresh each boot.

Modules are looked for where MicroPython looks, in its sys.path: the folder "/", what the
firmware brings along, "/lib". All else (json, struct, socket ...) is CPython's. Nothing of the
host is patched: the board's code gets `open` and `__import__` by its `__builtins__`.
"""

import builtins
import gc
import os
import sys
import traceback
import types

_code = {}  # (file name, source) -> compiled; a thousand boots compile once


class Sandbox:
    """`files`: Files. `firmware`: host folders of frozen modules. `modules`: name -> object."""

    def __init__(self, files, firmware, modules):
        self._files = files
        self._firmware = [str(folder) for folder in firmware]
        self.path = ["", ".frozen", "/lib"]
        self.modules = {"sys": _sys(self.path), **modules}
        self.factories = {}  # name -> function that makes the module when it is imported
        self._of_host = set()  # names of modules that CPython's import found: not looked for again
        self._builtins = dict(vars(builtins), open=files.open, __import__=self._import)

    def execute(self, path, source=None):
        """Run a file of the board; see behavior.run()."""
        if source is None:
            source = self._read_board(path)
        if source is not None:
            self._exec(source, path, {"__name__": "__main__"})

    def load(self, name):
        """Import one module with all its parents; return it. Raises ImportError."""
        if name in self.modules:
            return self.modules[name]
        parent, _, leaf = name.rpartition(".")
        package = self.load(parent) if parent else None
        if name in self.factories:
            self.modules[name] = self.factories[name]()
        elif name not in self.modules:
            self._load_file(name)
        if package is not None:
            setattr(package, leaf, self.modules[name])
        return self.modules[name]

    def _load_file(self, name):
        found = self._find(name)
        if found is None:
            raise ModuleNotFoundError(f"no module named '{name}'", name=name)
        path, source, is_package = found
        module = types.ModuleType(name)
        module.__file__ = path
        module.__package__ = name if is_package else name.rpartition(".")[0]
        if is_package:
            module.__path__ = [os.path.dirname(path)]
        self.modules[name] = module
        try:
            self._exec(source, path, module.__dict__)
        except BaseException:
            del self.modules[name]
            raise

    def _exec(self, source, path, namespace):
        key = (path, source)
        if key not in _code:
            _code[key] = compile(source, path, "exec", dont_inherit=True)
        namespace["__builtins__"] = self._builtins
        exec(_code[key], namespace)

    def _find(self, name):
        """Return (path, source, is package) of the module, or None."""
        base = name.replace(".", "/")
        for read, folder in self._folders():
            for path, is_package in ((base + "/__init__.py", True), (base + ".py", False)):
                source = read(folder + path)
                if source is not None:
                    return folder + path, source, is_package
        return None

    def _folders(self):
        for entry in self.path:
            if entry == ".frozen":
                for folder in self._firmware:
                    yield _read_host, folder + "/"
            else:
                yield self._read_board, entry.rstrip("/") + "/"

    def _read_board(self, path):
        try:
            with self._files.open(path, "rb") as file:
                return file.read()
        except OSError:
            return None

    def _import(self, name, globals=None, locals=None, fromlist=(), level=0):
        if level:
            package = globals["__package__"].split(".")
            parts = package[: len(package) - level + 1]
            name = ".".join([*parts, name] if name else parts)
        top = name.partition(".")[0]
        if top not in self.modules and (top in self._of_host or self._find(top) is None):
            self._of_host.add(top)
            return builtins.__import__(name, globals, locals, fromlist, 0)
        module = self.load(name)
        if not fromlist:
            return self.modules[top]
        for attribute in fromlist:
            if not hasattr(module, attribute) and hasattr(module, "__path__"):
                self.load(f"{name}.{attribute}")
        return module


class Gc:
    """Module `gc` with MicroPython's name for the threshold; memory is not simulated: to
    collect would go through all that the host has, for each boot."""

    enable = staticmethod(gc.enable)
    disable = staticmethod(gc.disable)

    @staticmethod
    def collect():
        return 0

    @staticmethod
    def threshold(amount=-1):
        return amount


def _sys(path):
    """Module `sys`: the host's, with the board's `path` and MicroPython's print_exception."""
    module = types.ModuleType("sys")
    module.__dict__.update(vars(sys), path=path, print_exception=traceback.print_exception)
    return module


def _read_host(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
