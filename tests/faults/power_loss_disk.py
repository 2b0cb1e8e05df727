"""A disk that forgets what was not synced: a FUSE filesystem in memory, run as a child process.

    python -m tests.faults.power_loss_disk MOUNT_POINT AFTERWARDS

Content is durable after fsync of the file, a name after fsync of its directory; nothing else
is. Writing a word to ``.control`` in the root changes the weather:

    cut    the power fails: what is durable is written to AFTERWARDS, every call gets EIO
    eio    fsync fails with EIO and what it should have synced stays lost
    full   writes fail with ENOSPC
    fine   all is well again (not after ``cut``)
"""

from __future__ import annotations

import errno
import stat
import sys
from pathlib import Path
from typing import Any

import fuse


class _Inode:
    def __init__(self, mode: int) -> None:
        self.mode = mode
        self.data = bytearray()
        self.durable: bytes | None = None
        self.is_lost = False

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)


class PowerLossDisk(fuse.Operations):  # type: ignore[misc,unused-ignore]
    def __init__(self, afterwards: Path) -> None:
        self._afterwards = afterwards
        self._names: dict[str, _Inode] = {"/": _Inode(stat.S_IFDIR | 0o700)}
        self._durable_names: dict[str, _Inode] = dict(self._names)
        self._weather = "fine"

    def __call__(self, operation: str, path: str, *arguments: Any) -> Any:
        if self._weather == "cut":
            raise fuse.FuseOSError(errno.EIO)
        if not hasattr(self, operation):
            raise fuse.FuseOSError(errno.ENOSYS)
        return getattr(self, operation)(path, *arguments)

    def _inode(self, path: str) -> _Inode:
        if path not in self._names:
            raise fuse.FuseOSError(errno.ENOENT)
        return self._names[path]

    def _children(self, path: str, names: dict[str, _Inode]) -> dict[str, _Inode]:
        start = path.rstrip("/") + "/"
        return {
            name: inode
            for name, inode in names.items()
            if name.startswith(start) and name != "/" and "/" not in name[len(start) :]
        }

    # names

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        if path == "/.control":
            return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": 0}
        inode = self._inode(path)
        return {"st_mode": inode.mode, "st_nlink": 1, "st_size": len(inode.data)}

    def readdir(self, path: str, fh: int) -> list[str]:
        found = self._children(path, self._names)
        return [".", "..", *(name.rsplit("/", 1)[1] for name in found)]

    def mkdir(self, path: str, mode: int) -> None:
        self._names[path] = _Inode(stat.S_IFDIR | mode)

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        self._names[path] = _Inode(stat.S_IFREG | mode)
        return 1

    def link(self, target: str, source: str) -> None:
        if target in self._names:
            raise fuse.FuseOSError(errno.EEXIST)
        self._names[target] = self._inode(source)

    def rename(self, old: str, new: str) -> None:
        self._names[new] = self._inode(old)
        del self._names[old]

    def unlink(self, path: str) -> None:
        self._inode(path)
        del self._names[path]

    rmdir = unlink

    def chmod(self, path: str, mode: int) -> None:
        inode = self._inode(path)
        inode.mode = stat.S_IFMT(inode.mode) | mode

    def chown(self, path: str, uid: int, gid: int) -> None:
        self._inode(path)

    def utimens(self, path: str, times: Any = None) -> None:
        self._inode(path)

    def statfs(self, path: str) -> dict[str, int]:
        free = 0 if self._weather == "full" else 1 << 20
        return {"f_bsize": 4096, "f_frsize": 4096, "f_blocks": 1 << 20, "f_bavail": free}

    # content

    def open(self, path: str, flags: int) -> int:
        if path != "/.control":
            self._inode(path)
        return 1

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return bytes(self._inode(path).data[offset : offset + size])

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        if path == "/.control":
            self._change(data.decode().strip())
            return len(data)
        if self._weather == "full":
            raise fuse.FuseOSError(errno.ENOSPC)
        inode = self._inode(path)
        if len(inode.data) < offset:
            inode.data.extend(bytes(offset - len(inode.data)))
        inode.data[offset : offset + len(data)] = data
        inode.is_lost = False
        return len(data)

    def truncate(self, path: str, length: int, fh: int | None = None) -> None:
        if path == "/.control":
            return
        inode = self._inode(path)
        inode.data[length:] = bytes(max(0, length - len(inode.data)))
        inode.is_lost = False

    # durability

    def fsync(self, path: str, datasync: int, fh: int) -> None:
        inode = self._inode(path)
        if self._weather == "eio":
            # As Linux does: the pages count as clean afterwards, so the next fsync "succeeds".
            inode.is_lost = True
            raise fuse.FuseOSError(errno.EIO)
        if not inode.is_lost:
            inode.durable = bytes(inode.data)

    def fsyncdir(self, path: str, datasync: int, fh: int) -> None:
        if self._weather == "eio":
            raise fuse.FuseOSError(errno.EIO)
        for name in self._children(path, self._durable_names):
            del self._durable_names[name]
        self._durable_names.update(self._children(path, self._names))

    def _change(self, weather: str) -> None:
        if weather == "cut":
            self._write_afterwards()
        self._weather = weather

    def _write_afterwards(self) -> None:
        reachable = {"/"}
        for name in sorted(self._durable_names, key=len):
            inode = self._durable_names[name]
            if name == "/" or name.rsplit("/", 1)[0] not in reachable | {""}:
                continue
            reachable.add(name)
            place = self._afterwards / name.lstrip("/")
            if inode.is_directory:
                place.mkdir()
            else:
                place.write_bytes(inode.durable or b"")
                place.chmod(0o600)


def main() -> None:
    mount_point, afterwards = sys.argv[1:]
    fuse.FUSE(
        PowerLossDisk(Path(afterwards)),
        mount_point,
        foreground=True,
        nothreads=True,
        direct_io=True,
        default_permissions=False,
    )


if __name__ == "__main__":
    main()
