"""Layers with a dpkg database, for tests of who owns what."""

from support.layers import Entry, file, folder, layer


def dpkg(*packages: tuple[str, str, str]) -> tuple[Entry, ...]:
    """The records of a dpkg database: (name, version, paths below the root, one a line)."""
    status = "".join(
        f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n\n"
        for name, version, _ in packages
    )
    lists = [file(f"var/lib/dpkg/info/{name}.list", content=paths.encode()) for name, _, paths in packages]
    return file("var/lib/dpkg/status", content=status.encode()), *lists


BASE = layer(folder("bin"), file("bin/sh", 1_000), *dpkg(("dash", "0.5", "/bin/sh\n")))
CURL = layer(
    file("usr/bin/curl", 300),
    *dpkg(("dash", "0.5", "/bin/sh\n"), ("curl", "7.88", "/usr/bin/curl\n")),
)
