"""Every byte of an image leads to one line of its Dockerfile, also those that `COPY --from` brought."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.layers import file, layer

from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.analysis.makers import Makers
from bloatcheck.analysis.measure import DockerfileSource
from bloatcheck.analysis.place import instructions_of_layers, place_of
from bloatcheck.analysis.trace import trace_package, trace_path
from bloatcheck.errors import Place
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import HistoryEntry, ImageConfig
from bloatcheck.oci.platform import Platform

AMD64 = Platform("linux", "amd64")
DOCKERFILE = """\
FROM golang AS build
RUN go build -o /out/app
RUN generate --into /out/data

FROM scratch
COPY --from=build /out/app /app
COPY --from=build /out/data /data
COPY --from=busybox /bin/sh /bin/sh
COPY own /own
RUN make
"""
STEPS = (
    "COPY /out/app /app # buildkit",
    "COPY /out/data /data # buildkit",
    "COPY /bin/sh /bin/sh # buildkit",
    "COPY own /own # buildkit",
    "RUN /bin/sh -c make # buildkit",
)


def makers(layers: list[LayerIndex]) -> Makers:
    """With the Dockerfile as far as it makes these layers."""
    text = "".join(DOCKERFILE.splitlines(keepends=True)[: 5 + len(layers)])
    config = ImageConfig(
        platform=AMD64,
        diff_ids=tuple(each.diff_id for each in layers),
        history=tuple(HistoryEntry(step) for step in STEPS[: len(layers)]),
    )
    instructions = parse_dockerfile(text)
    return Makers(
        dockerfile=DockerfileSource(path="Dockerfile", text=text),
        instructions=instructions,
        layers=instructions_of_layers(config, instructions),
        platform=AMD64,
    )


APP = layer(file("app", 10))
DATA = layer(file("data/a", 20), file("data/b/c", 30))
SHELL = layer(file("bin/sh", 40))
OWN = layer(file("own", 50))


def test_a_file_has_the_line_of_the_stage_that_made_it() -> None:
    of = makers([APP, DATA])
    assert of.line_of(0, b"app") == Place("Dockerfile", 2, 2)
    assert of.line_of(1, b"data/a") == Place("Dockerfile", 3, 3)


@pytest.mark.parametrize(("number", "path"), [(2, b"bin/sh"), (3, b"own"), (9, b"nothing")])
def test_what_no_stage_made_has_only_the_line_of_its_layer(number: int, path: bytes) -> None:
    of = makers([APP, DATA, SHELL, OWN])
    assert of.line_of(number, path) is None
    assert of.of(number, {path: 1}) == ()


def test_a_directory_tells_its_bytes_by_the_lines_that_made_them() -> None:
    trace = trace_path(take_inventory([APP, DATA]), b"", makers([APP, DATA]))
    assert trace
    assert [(made.layer, made.size, [place.line for place, _ in made.lines]) for made in trace.made] == [
        (0, 10, [2]),
        (1, 50, [3]),
    ]


def test_a_package_that_was_copied_leads_back_too() -> None:
    metadata = b"Metadata-Version: 2.1\nName: wheel\nVersion: 1\n"
    site = "data/lib/python3.11/site-packages"
    layers = [
        APP,
        layer(
            file(f"{site}/wheel-1.dist-info/METADATA", content=metadata),
            file(f"{site}/wheel-1.dist-info/RECORD", content=b"wheel/a.py,,\nwheel-1.dist-info/METADATA,,\n"),
            file(f"{site}/wheel/a.py", 500),
        ),
    ]
    [trace] = trace_package(take_inventory(layers), "wheel", makers(layers))
    assert [[place.line for place, _ in made.lines] for made in trace.made] == [[3]]
    assert trace.made[0].size == trace.size


SIZES = st.integers(0, 10_000)
FILES = st.dictionaries(st.sampled_from(["data/a", "data/b", "data/d/e", "data/d/f"]), SIZES)


@given(SIZES, FILES, SIZES, SIZES, FILES)
def test_the_parts_of_every_line_add_up_to_the_image(
    app: int, data: dict[str, int], shell: int, own: int, made: dict[str, int]
) -> None:
    layers = [
        layer(file("app", app)),
        layer(*(file(path, size) for path, size in data.items())),
        layer(file("bin/sh", shell)),
        layer(file("own", own)),
        layer(*(file(f"made/{path}", size) for path, size in made.items())),
    ]
    of, contents = makers(layers), take_inventory(layers).contents
    by_line: Counter[int | None] = Counter()
    for number, (its, held) in enumerate(zip(layers, contents.layers, strict=True)):
        place = place_of(of.layers[number], "Dockerfile")
        assert place
        by_line[place.line] += sum(share.size for share in held.shares)
        paths = its.records.path_list()
        for part in of.of(number, dict(zip(paths, its.records.sizes, strict=True))):
            by_line[place.line] -= part.size
            by_line[part.lines[0][0].line] += part.size
    assert by_line == Counter({2: app, 3: sum(data.values()), 8: shell, 9: own, 10: sum(made.values())})
