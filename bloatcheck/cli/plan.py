"""`bloatcheck plan`: the images that have to be built, shared between the legs of a matrix."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bloatcheck.cli.chosen import add_image_option, load_chosen
from bloatcheck.cli.common import TOKEN_VARIABLE, add_log_options, child_environment, images_before, log_for
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from bloatcheck.build.legs import ImageKey, Leg
    from bloatcheck.config.model import ImageSpec

_MOST_LEGS = {"github": 256, "gitlab": 200}
"""Jobs that a matrix may have."""
_USUAL_LEGS = 10
_USUAL_FORMAT = "github"
_TEMPLATE = ".gitlab/bloatcheck.yml"


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Prints a matrix of the images that have to be built, on one line: legs of about the same length, by what the
last builds took. An image whose inputs did not change since the baseline is left out; `bloatcheck merge`
tells of it without a build.

For GitHub Actions each leg has `leg` (a number), `image` (names, one a line, for the action's input of that
name), `platform` (the only one of the leg, for the input of that name and for `runs-on`; empty where the
images name none), `args` (the same for `bloatcheck run --leg`) and `seconds` (what it is likely to take). For
GitLab it is a child pipeline, which takes the job of a leg from a file of yours. Another CI is given the
`args` of each leg, one job for each.
"""
    parser.epilog = f"""\
exit codes:
  0  printed, be it a matrix without legs
  2  bad usage, configuration or baseline, or no image

examples:
  echo "matrix=$(bloatcheck plan --legs 8)" >> "$GITHUB_OUTPUT"
  bloatcheck plan --all                        every image
  bloatcheck plan --pretty --verbose           to look at, with why each is built or not
  bloatcheck plan > plan.yml                   in GitLab CI; the jobs' template is {_TEMPLATE}

In the workflow: `if: ${{{{ fromJSON(needs.plan.outputs.matrix).include[0] }}}}`, for GitHub takes no empty
matrix, `strategy: {{matrix: ${{{{ fromJSON(needs.plan.outputs.matrix) }}}}}}`, and in each leg's job
`with: {{command: leg, image: ${{{{ matrix.image }}}}}}`. `bloatcheck merge` judges what the legs left.
"""
    parser.add_argument(
        "--legs", metavar="N", type=int, default=_USUAL_LEGS, help=f"at most so many (default: {_USUAL_LEGS})"
    )
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )
    add_image_option(parser)
    parser.add_argument(
        "--all", action="store_true", help="the images too whose inputs did not change since the baseline"
    )
    parser.add_argument(
        "--format",
        choices=tuple(_MOST_LEGS),
        help="whose matrix (default: the CI's that it runs in, else github)",
    )
    parser.add_argument(
        "--template",
        metavar="FILE",
        default=_TEMPLATE,
        help="GitLab: the repository's file with the job .bloatcheck-leg; '' where the trigger includes it "
        f"(default: {_TEMPLATE})",
    )
    parser.add_argument("--pretty", action="store_true", help="a line for each leg, for people")
    add_log_options(parser)
    # Standard output is the matrix's alone.
    parser.set_defaults(json=True)


def execute(args: argparse.Namespace) -> ExitCode:
    """Decides, shares and prints."""
    from bloatcheck.build.legs import share_by_platform
    from bloatcheck.build.needs import taken, with_what_they_need
    from bloatcheck.ci.registry import detect
    from bloatcheck.inputs.decide import decide_all
    from bloatcheck.references import References
    from bloatcheck.units import count

    ci = detect(os.environ)
    form = args.format or (ci.name if ci.name in _MOST_LEGS else _USUAL_FORMAT)
    most = _MOST_LEGS[form]
    if not 1 <= args.legs <= most:
        raise UsageError(f"--legs {args.legs} is out of bounds", hint=f"a matrix has 1 to {most} legs")
    token = os.environ.pop(TOKEN_VARIABLE, None)
    log, environment = log_for(args), child_environment()
    context = ci.read_context(os.environ)
    config = load_chosen(args, log=log, environment=environment)
    references = References(
        config=config, context=context, token=token or context.token, environment=environment, log=log
    )
    before = images_before(references)
    wanted = config.images
    if args.all:
        after = list(map(frozenset, taken(wanted, config.root, environment)))
    else:
        decisions = decide_all(config, before, log=log, environment=environment)
        wanted = tuple(decision.spec for decision in decisions if decision.entry is None)
        after = [decision.inputs.needs for decision in decisions]
    keys = [_key(spec) for spec in config.images]
    needs = {
        keys[number]: {keys[other] for other in with_what_they_need(its, after)}
        for number, its in enumerate(after)
    }
    took: dict[ImageKey, float | None] = dict.fromkeys(map(_key, wanted))
    for entry in before.entries:
        name, seconds = entry.snapshot.name, entry.snapshot.build_seconds
        for key in ((name, entry.snapshot.platform), (name, None)):
            if key in took and seconds is not None:
                took[key] = (took[key] or 0) + seconds
    legs = share_by_platform(took, args.legs, needs)
    left = len(config.images) - len(took)
    if args.pretty:
        for leg in legs:
            on = f" on {leg.platform}" if leg.platform else ""
            tell(f"{leg.seconds:6.0f} s  {', '.join(leg.images)}{on}")
        unbuilt = f"; {count(left, 'image')} not built, inputs unchanged" if left else ""
        tell(f"{count(len(took), 'image')} in {count(len(legs), 'leg')}{unbuilt}")
        return ExitCode.OK
    if left:
        log.info(f"{count(left, 'image')} not built: inputs unchanged (--all plans every image)")
    matrix = _child_pipeline(legs, args.template) if form == "gitlab" else _matrix(legs)
    tell_json(matrix)
    if form == "github":
        ci.write_outputs(context, {"matrix": matrix}, None)
    return ExitCode.OK


def _key(spec: ImageSpec) -> ImageKey:
    return spec.name, str(spec.platform) if spec.platform else None


def _arguments(leg: Leg) -> str:
    platform = [f"--platform={leg.platform}"] if leg.platform else []
    return " ".join([*(f"--image={name}" for name in leg.images), *platform])


def _matrix(legs: Sequence[Leg]) -> str:
    include = [
        {
            "leg": number,
            "image": "\n".join(leg.images),
            "platform": leg.platform or "",
            "args": _arguments(leg),
            "seconds": round(leg.seconds),
        }
        for number, leg in enumerate(legs, 1)
    ]
    return json.dumps({"include": include})


def _child_pipeline(legs: Sequence[Leg], template: str) -> str:
    """JSON, which is YAML too. A job's name holds its matrix variables, so these are only numbers."""
    pipeline: dict[str, object] = {}
    if template:
        pipeline["include"] = [{"local": f"/{template.lstrip('/')}"}]
    if legs:
        numbers = [str(number) for number in range(1, len(legs) + 1)]
        pipeline |= {
            "variables": {
                f"BLOATCHECK_LEG_{number}": _arguments(leg) for number, leg in zip(numbers, legs, strict=True)
            },
            "bloatcheck-leg": {
                "extends": ".bloatcheck-leg",
                "parallel": {"matrix": [{"BLOATCHECK_LEG": numbers}]},
            },
        }
    return json.dumps(pipeline)
