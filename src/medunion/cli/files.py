"""Files that commands read and write, with errors that name them."""

from pathlib import Path

from medunion.errors import InputError


def read_file(path: Path) -> bytes:
    """A file's bytes; InputError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as failure:
        raise InputError(f"{path} cannot be read: {failure.strerror}", path=str(path)) from None


def read_text(path: Path) -> str:
    """A file's text; InputError when it cannot be read, or is no text."""
    try:
        return read_file(path).decode()
    except UnicodeDecodeError:
        raise InputError(f"{path} is no text", path=str(path)) from None


def require_writable(path: Path | None) -> None:
    """InputError unless a file can be written there: asked before anything is done whose result goes into it."""
    if path is None:
        return
    existed = path.exists()
    try:
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as failure:
        raise InputError(f"{path} cannot be written: {failure.strerror}", path=str(path)) from None


def write_file(path: Path, data: bytes) -> None:
    """Writes a file; InputError when it cannot be written."""
    try:
        path.write_bytes(data)
    except OSError as failure:
        raise InputError(f"{path} cannot be written: {failure.strerror}", path=str(path)) from None


def write_text(path: Path, text: str) -> None:
    """Writes one line of text."""
    write_file(path, (text + "\n").encode())
