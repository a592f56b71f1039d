"""Image layers: tar archives of files of this machine, the same bytes for the same content.

Times are zero, owners are root, entries are sorted by who adds them; so a layer's digest says what is in it, and a
container runtime that has it need not unpack it again.
"""

import hashlib
import io
import re
import subprocess
import tarfile
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from isthmus.errors import IsthmusError, StartFailed
from isthmus.local import cache

#: Part of every cache key: raise it when a layer's making changes in a way that its inputs do not show.
FORMAT = "2"

LAYER_FILE = "layer.tar"
#: Beside it: the shared libraries of this machine that the layer's programs load, a path per line.
_LIBRARIES_FILE = "libraries"


class Layer:
    """A tar archive that grows. Every path is given as it will be seen in the container."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self.needs: set[Path] = set()
        """Shared libraries of this machine that its files load; see `libraries_layer`."""
        self._seen: set[str] = set()

    def folder(self, path: str, mode: int = 0o755) -> None:
        """A folder and its parents."""
        if entry := self._entry(path, mode, tarfile.DIRTYPE):
            self._archive.addfile(entry)

    def text(self, path: str, content: str) -> None:
        """A text file."""
        if entry := self._entry(path, 0o644, tarfile.REGTYPE):
            entry.size = len(content.encode())
            self._archive.addfile(entry, io.BytesIO(content.encode()))

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        if entry := self._entry(path, 0o777, tarfile.SYMTYPE):
            entry.linkname = target
            self._archive.addfile(entry)

    def file(self, source: Path, path: str) -> None:
        """A copy of a file. Readable by everyone, whatever it is here: containers run as another user."""
        status = source.stat()
        if entry := self._entry(path, 0o755 if status.st_mode & 0o111 else 0o644, tarfile.REGTYPE):
            entry.size = status.st_size
            with source.open("rb") as content:
                self._archive.addfile(entry, content)

    def tree(self, source: Path, path: str) -> None:
        """A copy of everything under a folder; links stay links."""
        self.folder(path)
        for part in sorted(source.rglob("*")):
            inside = f"{path}/{part.relative_to(source)}"
            if part.is_symlink():
                self.link(inside, str(part.readlink()))
            elif part.is_dir():
                self.folder(inside)
            else:
                self.file(part, inside)

    def _entry(self, path: str, mode: int, kind: bytes) -> tarfile.TarInfo | None:
        """The head of an entry, after its parents; None if the path is there already."""
        relative = path.strip("/")
        if relative in self._seen:
            return None
        self._seen.add(relative)
        for parent in reversed(PurePosixPath(relative).parents[:-1]):
            self.folder(str(parent))
        entry = tarfile.TarInfo(relative)
        entry.mode, entry.type = mode, kind
        return entry


def cached(name: str, parts: Iterable[bytes | str], fill: Callable[[Layer, Path], None]) -> Path:
    """The archive of a layer, made by `fill(layer, scratch folder)` if the cache has none for these `parts`."""

    def build(folder: Path) -> None:
        scratch = folder / "scratch"
        scratch.mkdir()
        with tarfile.open(folder / LAYER_FILE, "w", format=tarfile.PAX_FORMAT) as archive:
            layer = Layer(archive)
            fill(layer, scratch)
        (folder / _LIBRARIES_FILE).write_text("".join(f"{path}\n" for path in sorted(layer.needs)))
        subprocess.run(["rm", "-rf", scratch], check=True)  # tens of thousands of files: four times as fast as rmtree
        with (folder / LAYER_FILE).open("rb") as content:
            (folder / "digest").write_text(f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}")

    key = cache.hash_of([FORMAT, *parts])
    return cache.entry("layers", f"{name}-{key}", build) / LAYER_FILE


def digest_of(layer: Path) -> str:
    """`sha256:...` of a cached layer."""
    return (layer.parent / "digest").read_text()


def needs_of(layer: Path) -> frozenset[Path]:
    """The shared libraries of this machine that a cached layer's files load, as they were found when it was made."""
    return frozenset(Path(line) for line in (layer.parent / _LIBRARIES_FILE).read_text().splitlines())


def libraries_layer(name: str, paths: Collection[Path]) -> tuple[Path, ...]:
    """A layer of shared libraries, each under the path that it has here; none if there are none.

    Its key is their content: a library that this machine has upgraded is another layer. Raises IsthmusError if one of
    them is not there any more.
    """
    if gone := [str(path) for path in sorted(paths) if not path.exists()]:
        raise IsthmusError(f"{', '.join(gone)}: no such file, and images need it; install its package again.")

    def fill(layer: Layer, _scratch: Path) -> None:
        for path in sorted(paths):
            layer.file(path.resolve(), str(path))

    content = [part for path in sorted(paths) for part in (str(path), path.read_bytes())]
    return (cached(name, content, fill),) if paths else ()


def libraries(programs: Iterable[Path]) -> set[Path]:
    """The shared libraries that ELF files load, as the dynamic linker finds them on this machine.

    Raises IsthmusError that names file and library if one is missing, StartFailed if ldd fails. Files that are no ELF
    are passed over.
    """
    files = [str(program) for program in programs if _is_elf(program)]
    if not files:
        return set()
    # With one file ldd does not say whose libraries it lists; /bin/sh needs nothing but the C library.
    done = subprocess.run(["ldd", *files, "/bin/sh"], capture_output=True, text=True)
    if missing := list(_missing(done.stdout)):
        raise IsthmusError(f"shared libraries are missing: {'; '.join(missing)}. Install the packages that hold them.")
    if done.returncode:
        lines = done.stderr.splitlines()[-12:]
        raise StartFailed("ldd", f"libraries of {', '.join(files)}", exit_status=done.returncode, last_lines=lines)
    # `libz.so.1 => /lib/libz.so.1 (0x...)`, or the linker itself: `/lib64/ld-linux-x86-64.so.2 (0x...)`
    return {Path(path) for path in re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", done.stdout, re.MULTILINE)}


def _missing(said: str) -> Iterator[str]:
    """`FILE needs LIBRARY`, for each that ldd did not find."""
    file = ""
    for line in said.splitlines():
        if line.startswith("/"):
            file = line.rstrip(":")
        elif line.endswith("=> not found"):
            yield f"{file} needs {line.split()[0]}"


def _is_elf(file: Path) -> bool:
    with file.open("rb") as content:
        return content.read(4) == b"\x7fELF"
