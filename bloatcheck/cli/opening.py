"""Opens an image by the name that a person has for it: the engine's, and else that of the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bloatcheck.errors import NoEngineError, NotThereError
from bloatcheck.image.open import open_image

if TYPE_CHECKING:
    from bloatcheck.image.docker_daemon import Documents
    from bloatcheck.image.model import Image
    from bloatcheck.log import Log
    from bloatcheck.oci.platform import Platform


def open_by_name(
    text: str,
    *,
    platform: Platform | None = None,
    log: Log | None = None,
    documents: Documents | None = None,
) -> Image:
    """As `open_image`; where the engine has no `api`, that is the configured image of this name.

    Which is then its newest build by a run of this repository, or what an earlier step made of it.

    Raises:
        UsageError: not a reference, or the image is not listed for this platform.
        BuildError: the configuration's metadata file leads to no image.
        ReadError: not there, damaged, or no engine or registry answers.
    """
    try:
        return open_image(text, platform=platform, log=log, documents=documents)
    except (NotThereError, NoEngineError) as error:
        # The configuration takes longer to read than all that most images need.
        from bloatcheck.cli.configured import can_be_configured, find_configured

        if not can_be_configured(text):
            raise
        found = find_configured(text, wanted=platform, missing=error)
    if log:
        log.info(found.told)
    return open_image(found.reference, platform=found.platform, log=log, documents=documents)
