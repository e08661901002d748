"""The script of a new host: install Docker, write the sample application, build it and run it."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parents[1]
END_OF_FILE = "EDGE_ROUTER_END_OF_FILE"
HOST_PORT = 8080
CONTAINER_PORT = 8000
MAX_USER_DATA_BYTES = 16 * 1024
"""Before it is encoded as base64 ("Run commands on your Linux instance at launch")."""

_SCRIPT = """\
#!/bin/bash
# The sample application of edge-router, put on a new host by cloud-init. What it says is in
# /var/log/cloud-init-output.log.
set -euo pipefail
umask 022

directory=/opt/sample-application

retried() {{
  local attempt
  for attempt in 1 2 3 4 5 6; do
    "$@" && return
    echo "attempt $attempt failed: $*" >&2
    sleep $((attempt * 10))
  done
  return 1
}}

# 512 MB are not enough for dnf, nor for a build.
add_swap() {{
  dd if=/dev/zero of=/swapfile bs=1M count=1024 status=none
  chmod 600 /swapfile
  mkswap /swapfile
  swapon /swapfile
  echo '/swapfile none swap defaults 0 0' >>/etc/fstab
}}

install_docker() {{
  retried dnf install --assumeyes docker
  systemctl enable --now docker
}}

# Into the directory that is given.
write_files() {{
  mkdir -p {folders}
{files}}}

# The filesystem is read-only and nobody gains rights in it: the application writes to its table and nowhere else.
run_application() {{
  retried docker build --tag sample-application "$directory/image"
  docker run --detach --name sample-application --restart always --publish {host_port}:{container_port} \\
    --env-file "$directory/environment" --read-only --cap-drop ALL --security-opt no-new-privileges \\
    --log-opt max-size=10m --log-opt max-file=3 sample-application
}}

if [[ "${{BASH_SOURCE[0]}}" == "$0" ]]; then
  add_swap
  install_docker
  write_files "$directory"
  run_application
fi
"""


def image_files() -> dict[str, bytes]:
    """Return what `docker build demo` reads, by path in that folder."""
    sources = [FOLDER / "Dockerfile", FOLDER / "requirements.txt", *(FOLDER / "app").rglob("*")]
    names = [source.relative_to(FOLDER).as_posix() for source in sources if source.is_file()]
    return {name: (FOLDER / name).read_bytes() for name in sorted(names) if "__pycache__" not in name}


def script(image: Mapping[str, bytes], environment: Mapping[str, str]) -> str:
    """The script, readable as it stands. ValueError for a file that would not come out of it byte for byte."""
    contents = {f"image/{name}": _text(name, content) for name, content in sorted(image.items())}
    contents["environment"] = "".join(f"{name}={value}\n" for name, value in sorted(environment.items()))
    folders = sorted({name.rpartition("/")[0] for name in contents} - {""})
    return _SCRIPT.format(
        folders=" ".join(f'"$1/{folder}"' for folder in folders),
        files="".join(_write_file(name, text) for name, text in contents.items()),
        host_port=HOST_PORT,
        container_port=CONTAINER_PORT,
    )


def encode(text: str) -> str:
    """Return the form that EC2 takes: gzip, which cloud-init undoes ("User-Data Formats"), in base64.

    ValueError where it is too large.
    """
    content = gzip.compress(text.encode(), mtime=0)
    if len(content) > MAX_USER_DATA_BYTES:
        raise ValueError(f"the user data has {len(content):,} bytes; EC2 takes {MAX_USER_DATA_BYTES:,}")
    return base64.b64encode(content).decode()


def _text(name: str, content: bytes) -> str:
    """A here-document has whole lines of text."""
    text = content.decode()
    if not text.endswith("\n") or "\0" in text or END_OF_FILE in text:
        raise ValueError(f"{name} cannot stand in a here-document: it has to be text that ends with a line's end")
    return text


def _write_file(name: str, text: str) -> str:
    return f"  cat >\"$1/{name}\" <<'{END_OF_FILE}'\n{text}{END_OF_FILE}\n"
