"""Layers with Python: this machine's interpreter and standard library, and packages from a locked requirement file.

Everything lies in the image at the path that it has here, so that the interpreter finds its library as it does here;
`/usr/bin/python3` leads to it. Bytecode is in the layers: containers cannot write it and would compile at each start.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

from isthmus.errors import IsthmusError, StartFailed
from isthmus.local.images.layer import Layer, cached, libraries, libraries_layer, needs_of

#: Nothing that the lock file does not name, and nothing that runs code to be installed.
PIP_FLAGS = ("--require-hashes", "--only-binary", ":all:")

#: Of the standard library: what nobody imports in a container.
_LEFT_OUT = ("__pycache__", "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3")
_USERS = "root:x:0:0:root:/root:/sbin/nologin\napp:x:1000:1000::/tmp:/sbin/nologin\n"
_GROUPS = "root:x:0:\napp:x:1000:\n"


def interpreter() -> Path:
    """The interpreter below any virtual environment, links resolved."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


@cache
def packages_folder() -> str:
    """Where that interpreter looks for installed packages by itself. It is asked: Debian's looks in places of its own,
    and this process, in a virtual environment, does not know them.
    """
    script = (
        "import site, sys; there = site.getsitepackages(); print([*(p for p in there if p in sys.path), *there][0])"
    )
    command = [str(interpreter()), "-I", "-c", script]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def base_layers() -> tuple[Path, ...]:
    """Interpreter, standard library, /etc/passwd, /tmp; above it the shared libraries of these and of most wheels."""
    base = _base_layer()
    return base, *libraries_layer("python-libraries", needs_of(base))


def packages_layers(name: str, requirements: Path) -> tuple[Path, ...]:
    """The packages of a locked requirement file, their scripts on PATH; above it the shared libraries that only they
    need, if there are any. They stand on `base_layers`.
    """
    packages = _packages_layer(name, requirements)
    return packages, *libraries_layer(f"{name}-libraries", needs_of(packages) - needs_of(_base_layer()))


def _base_layer() -> Path:
    program, library = interpreter(), Path(sysconfig.get_path("stdlib"))

    def fill(layer: Layer, scratch: Path) -> None:
        for folder, mode in (("tmp", 0o1777), ("var/tmp", 0o1777), ("proc", 0o755), ("sys", 0o755), ("dev", 0o755)):
            layer.folder(folder, mode)
        layer.text("etc/passwd", _USERS)
        layer.text("etc/group", _GROUPS)
        layer.text("etc/nsswitch.conf", "hosts: files dns\n")
        layer.file(program, str(program))
        layer.link("usr/bin/python3", str(program))
        copied = scratch / "library"
        shutil.copytree(library, copied, symlinks=True, ignore=_ignored)
        _compile(copied, str(library))
        layer.tree(copied, str(library))
        layer.needs = _base_libraries(program, copied)

    return cached("python", [sys.version, str(program), str(library)], fill)


def _packages_layer(name: str, requirements: Path) -> Path:
    folder = packages_folder()

    def fill(layer: Layer, scratch: Path) -> None:
        _install(requirements, scratch / "packages")
        scripts = scratch / "packages" / "bin"
        for script in sorted(scripts.iterdir()) if scripts.is_dir() else []:
            _use_image_python(script)
            layer.file(script, f"usr/local/bin/{script.name}")
        shutil.rmtree(scripts, ignore_errors=True)
        _compile(scratch / "packages", folder)
        layer.tree(scratch / "packages", folder)
        modules = (scratch / "packages").rglob("*.so*")
        layer.needs = {path for path in libraries(modules) if scratch not in path.parents}

    return cached(name, [sys.version, str(interpreter()), folder, requirements.read_bytes()], fill)


def sources_layer(name: str, package: Path) -> Path:
    """A Python package as it lies here, such as isthmus itself."""
    files = [path for path in sorted(package.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    parts = [part for path in files for part in (str(path.relative_to(package)), path.read_bytes())]
    folder = f"{packages_folder()}/{package.name}"

    def fill(layer: Layer, scratch: Path) -> None:
        copied = scratch / package.name
        shutil.copytree(package, copied, ignore=shutil.ignore_patterns("__pycache__"))
        _compile(copied, folder)
        layer.tree(copied, folder)

    return cached(name, [sys.version, folder, *parts], fill)


def _base_libraries(program: Path, library: Path) -> set[Path]:
    """libstdc++ and libgcc_s are no need of Python's own, but wheels in C++ rely on them."""
    modules = sorted((library / "lib-dynload").glob("*.so"))
    found = libraries([program, *modules])
    beside = {found_path.parent for found_path in found}
    wanted = ("libstdc++.so.6", "libgcc_s.so.1", "libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2")
    return found | {folder / name for folder in beside for name in wanted if (folder / name).exists()}


def _ignored(_folder: str, names: list[str]) -> set[str]:
    left_out = (*_LEFT_OUT, "site-packages", "dist-packages")
    return {name for name in names if name in left_out or name.endswith(".a") or name.startswith("_tkinter.")}


def _install(requirements: Path, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += [*PIP_FLAGS, "--target", str(target), "--requirement", str(requirements)]
    # What it unpacks for a moment goes where the cache is: ISTHMUS_CACHE moves both to a disk with room.
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "TMPDIR": str(target.parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        if "No module named pip" in done.stderr:
            raise IsthmusError(f"{sys.executable} has no pip, which fills images: {sys.executable} -m ensurepip")
        lines = done.stderr.strip().splitlines()[-12:]
        raise StartFailed(
            f"pip for {requirements}", "installed packages", exit_status=done.returncode, last_lines=lines
        )


def _use_image_python(script: Path) -> None:
    """pip writes the path of the Python that ran it into the first line; in the image that is another one."""
    first, _, rest = script.read_bytes().partition(b"\n")
    if first.startswith(b"#!") and b"python" in first:
        script.write_bytes(b"#!/usr/bin/python3\n" + rest)


def _compile(folder: Path, seen_as: str) -> None:
    """Bytecode that is never checked against its source: times in a layer are all zero."""
    command = [str(interpreter()), "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    # A few packages ship templates or code of other Pythons that do not compile; they are not imported either.
    subprocess.run([*command, "-s", str(folder), "-p", seen_as, str(folder)], capture_output=True, check=False)
