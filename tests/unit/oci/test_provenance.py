"""The images that a build used, by what its builder attests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.oci.digest import Digest
from bloatcheck.oci.provenance import Material, materials_of

HEX = "ab" * 32
DIGEST = Digest(f"sha256:{HEX}")


def slsa_0_2(uri: str, **more: object) -> dict[str, object]:
    return {"buildType": "https://mobyproject.org/buildkit@v1", "materials": [{"uri": uri, **more}]}


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("pkg:docker/debian@bookworm-slim?platform=linux%2Famd64", "debian:bookworm-slim"),
        ("pkg:docker/acme/api@1", "acme/api:1"),
        ("pkg:docker/ghcr.io/acme/api@1.2?platform=linux%2Famd64", "ghcr.io/acme/api:1.2"),
        ("pkg:docker/localhost%3A5000/api@1", "localhost:5000/api:1"),
        (f"pkg:docker/debian?digest=sha256:{HEX}", "debian"),
        (f"pkg:docker/debian@12?digest=sha256%3A{HEX}&platform=linux%2Famd64", "debian:12"),
    ],
)
def test_a_package_url_is_read_as_from_would_have_it(uri: str, name: str) -> None:
    expected = (Material(name, DIGEST),)
    assert materials_of(slsa_0_2(uri, digest={"sha256": HEX})) == expected
    if "digest=" in uri:
        assert materials_of(slsa_0_2(uri)) == expected


def test_all_shapes_of_the_document_are_read() -> None:
    item = {"uri": "pkg:docker/debian@12", "digest": {"sha256": HEX}}
    expected = (Material("debian:12", DIGEST),)
    predicate = {"materials": [item, item]}
    assert materials_of(predicate) == expected
    assert materials_of({"_type": "https://in-toto.io/Statement/v0.1", "predicate": predicate}) == expected
    assert materials_of({"buildDefinition": {"resolvedDependencies": [item]}}) == expected
    assert materials_of({"linux/amd64": predicate, "linux/arm64": predicate}) == expected
    assert materials_of({"linux/amd64": {"SLSA": predicate}}) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "https://github.com/acme/api.git#main",
        "pkg:docker/",
        "pkg:docker/UPPER@1",
        "pkg:docker/a%0A%3A%3Awarning@1",
        "pkg:docker/a@b%20c",
        "pkg:docker/" + "a" * 5000,
    ],
)
def test_what_is_no_image_is_left_out(uri: str) -> None:
    assert materials_of(slsa_0_2(uri)) == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["predicate", "materials", "buildDefinition", "resolvedDependencies", "uri", "digest", "SLSA"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_anything_can_be_read(document: object) -> None:
    assert all(isinstance(material, Material) for material in materials_of(document))
