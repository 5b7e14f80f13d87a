"""Puts the drawing library of the HTML report into the package, with its licence.

    python scripts/bundle_d3.py         fetch it from npm and write bloatcheck/report/html/vendor/
    python scripts/bundle_d3.py --check only say whether what is there is what npm has

The version and the archive's hash are named here, so that nothing else than what was looked at gets in. Users
need neither npm nor Node: the files are part of the package.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

PACKAGE = "d3-hierarchy@3.1.2"
INTEGRITY = "sha512-FX/9frcub54beBdugHjDCdikxThEqjnR93Qt7PvQTOHxyiNCAlvMrHhclk3cD5VeAaq9fxmfRp+CnWw9rEMBuA=="
VENDOR = Path(__file__).parent.parent / "bloatcheck" / "report" / "html" / "vendor"
FILES = {
    "package/dist/d3-hierarchy.min.js": VENDOR / "d3-hierarchy.min.js",
    "package/LICENSE": VENDOR / "d3-hierarchy.LICENSE",
}


def fetched() -> dict[Path, bytes]:
    """Each file to write, from the archive that npm has."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE, "--pack-destination", folder], check=True)
        [archive] = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != INTEGRITY:
            sys.exit(f"{PACKAGE} is not what it was: sha512-{digest}")
        with tarfile.open(archive) as package:
            found = {}
            for name, target in FILES.items():
                member = package.extractfile(name)
                if member is None:
                    sys.exit(f"{PACKAGE} has no {name}")
                found[target] = member.read()
            return found


def main() -> None:
    """Fetches, and writes or compares."""
    parser = argparse.ArgumentParser(description="Bundle the drawing library of the HTML report.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where something differs")
    check = parser.parse_args().check
    for target, content in fetched().items():
        if check:
            if target.read_bytes() != content:
                sys.exit(f"{target} is not the one of {PACKAGE}")
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        print(target)


if __name__ == "__main__":
    main()
