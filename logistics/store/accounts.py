"""Operating-system accounts: PostgreSQL refuses to run as root, so root runs it as an account of its own."""

from __future__ import annotations

import logging
import os
import pwd
import stat
import subprocess
from pathlib import Path

SYSTEM_USER = "pgserver"  # made on first use

log = logging.getLogger(__name__)


def account(cluster: Path) -> pwd.struct_passwd | None:
    """Whom root runs the server as: the cluster's owner. None when we are not root and run it ourselves."""
    if os.geteuid() != 0:
        return None
    if cluster.exists():
        return pwd.getpwuid(cluster.stat().st_uid)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed arguments
        return pwd.getpwnam(SYSTEM_USER)


def let_through(path: Path) -> None:
    """Let other accounts pass through (not list) the directories above `path`, so that the server's can reach it."""
    for directory in (path, *path.parents):
        mode = stat.S_IMODE(directory.stat().st_mode)
        if not mode & stat.S_IXOTH:
            log.info("letting %s pass through %s", SYSTEM_USER, directory)
            directory.chmod(mode | stat.S_IXOTH)
