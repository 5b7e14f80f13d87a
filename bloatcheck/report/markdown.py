"""The report as markdown: the pull-request comment and the job summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from bloatcheck.config.limits import Metric
from bloatcheck.policy.model import Outcome
from bloatcheck.report import approval_pieces, fit, fleet_piece, pieces
from bloatcheck.report.approving import approving_comment, approving_label
from bloatcheck.report.bars import LEGEND, bars
from bloatcheck.report.escape import LONGEST_NAME, Markdown, code, compose, link, sentence
from bloatcheck.report.figures import change, count
from bloatcheck.report.fit import Piece
from bloatcheck.report.headline import headline, headline_of_return, headlined
from bloatcheck.report.layer_links import place_link
from bloatcheck.report.links import commit_url, documentation_url, run_url
from bloatcheck.report.model import Report
from bloatcheck.report.pieces import Depth
from bloatcheck.report.platform_rows import with_worst_platforms
from bloatcheck.report.shared_bases import shared_bases, told_by_another, told_once
from bloatcheck.report.templates import render_markdown
from bloatcheck.report.unbuilt import unbuilt_line
from bloatcheck.report.view import (
    FOLD_FROM,
    NOT_OF_A_SIZE,
    Row,
    accepting_command,
    config_path,
    grown_places,
    importance,
    is_quiet,
    rows,
)

LONGEST_COMMENT = 64_000
"""GitHub takes 65,536 characters, marker included. These are bytes, of which there are never fewer."""
_LONGEST_KEY = 500

LONGEST_SUMMARY = 1_000_000
"""GitHub takes 1 MiB per step, to which other tools of the same step may add a little."""

_COMMENT = Depth(layers=15, output_lines=25, trends=3, unfolded=False)
_SUMMARY = Depth(layers=150, output_lines=100, trends=20, unfolded=True)

_MOST_IMAGES = 1000
"""More rows than this fit nowhere; what lies behind them is counted, not rendered."""

_ROOM_TO_TELL = 500
"""Bytes for saying what was left out."""

_MOST_FOLDS = 2
"""More folded parts than this are folded into one."""

_MOST_PLACES = 3

_MOST_ROWS = 8
_FEW_ROWS = 4
"""Images in the table where none of them has anything wrong."""

_MOST_TOLD = 3
"""Images of which is told at once what is wrong with them, where there are more than one more."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What is known of a report from outside of it.

    `reported_by` names who measured, where the one who posts did not: "the fork `octo/shop`". It is told
    first and never left out. `returned` says that an earlier report told of a change that is no more.
    """

    reported_by: str | None = None
    returned: bool = False


_OUR_OWN = Framing()


def render_comment(report: Report, framing: Framing = _OUR_OWN) -> str:
    """The pull-request comment: the marker that it is found again by, then at most `LONGEST_COMMENT` bytes.

    No foreign text in it can look like a marker: it holds no other HTML comment.
    """
    shown = with_worst_platforms(report)
    return f"{comment_marker(report.key)}\n{_render(shown, _COMMENT, LONGEST_COMMENT, framing)}"


def render_return(report: Report, framing: Framing = _OUR_OWN) -> str | None:
    """The comment that says all is as large as before again; None where it isn't so."""
    if headline_of_return(report) is None:
        return None
    return render_comment(report, replace(framing, returned=True))


def comment_marker(key: str) -> str:
    """The comment's first line, invisible to readers. Whatever the key holds, it stays inside."""
    return f"<!-- bloatcheck:v1 key={quote(key, safe='/._-:~%')[:_LONGEST_KEY]} -->"


def render_summary(report: Report, *, longest: int = LONGEST_SUMMARY) -> str:
    """The job summary: as the comment, with more detail, in at most `longest` bytes."""
    return _render(report, _SUMMARY, longest)


@dataclass(frozen=True, slots=True)
class _Page:
    """The parts of the page that can be shortened.

    `percent` and `bars` say whether the table has such columns; `more_rows` are folded below `more_summary`,
    and `more_troubles` are. `unseen` images were never rendered.
    """

    rows: tuple[Piece, ...]
    more_rows: tuple[Piece, ...]
    more_summary: str
    percent: bool
    bars: bool
    unbuilt: Markdown | None
    changes: tuple[Piece, ...]
    bases: tuple[Piece, ...]
    troubles: tuple[Piece, ...]
    more_troubles: tuple[Piece, ...]
    more_in_trouble: str
    notes: tuple[Piece, ...]
    details: tuple[Piece, ...]
    quiet: tuple[Piece, ...]
    unseen: int

    @property
    def pieces(self) -> tuple[Piece, ...]:
        told = (*self.changes, *self.rows, *self.bases, *self.troubles, *self.notes)
        return (*told, *self.more_rows, *self.more_troubles, *self.details, *self.quiet)


def _render(report: Report, depth: Depth, longest: int, framing: Framing = _OUR_OWN) -> str:
    page = _page(report, depth)
    text = _printed(report, page, framing)
    while (excess := fit.size(text) + 1 - longest) > 0:
        if not fit.shorten(page.pieces, excess + _ROOM_TO_TELL):
            break
        text = _printed(report, page, framing)
    return text + "\n"


def _page(report: Report, depth: Depth) -> _Page:
    everything = rows(report)
    shown = everything[:_MOST_IMAGES]
    folds = len(everything) > FOLD_FROM
    quiet = [row for row in shown if folds and is_quiet(row.image)]
    loud = [row for row in shown if not (folds and is_quiet(row.image))]
    percent = any(row.percent for row in loud)
    drawn = bars([row.image.diff for row in loud])
    shared = shared_bases(report.images)
    told = told_once(shared)
    in_headline = headlined(report)
    repeated = told_by_another(shared, map(_key, loud))
    lines = [
        pieces.table_row(row, percent=percent, bar=bar if any(drawn) else None)
        for row, bar in zip(loud, drawn, strict=True)
    ]
    most = _rows_before_the_fold(loud)
    troubles = [
        list(pieces.troubles(row, report.origin, base_is_told=_key(row) in told, headlined=in_headline))
        for row in loud
    ]
    troubles = [each for each in troubles if each]
    together = tuple(fleet_piece.fleet(report))
    at_once = _MOST_TOLD if len(troubles) > _MOST_TOLD + 1 else len(troubles)
    return _Page(
        rows=tuple(lines[:most]),
        more_rows=tuple(lines[most:]),
        more_summary=_summed_up(loud[most:]),
        percent=percent,
        bars=any(drawn),
        unbuilt=unbuilt_line((row.image for row in loud), report.origin),
        changes=tuple(approval_pieces.changes(report)),
        bases=tuple(pieces.bases(shared)),
        troubles=tuple(piece for each in troubles[:at_once] for piece in each),
        more_troubles=tuple(piece for each in troubles[at_once:] for piece in each),
        more_in_trouble=count(len(troubles) - at_once, "more image"),
        notes=(
            *(() if troubles else together),
            *(piece for row in loud for piece in approval_pieces.approvals(row)),
            *pieces.notes(report.notes[:_MOST_IMAGES]),
        ),
        details=(
            *(together if troubles else ()),
            *(
                piece
                for row in loud
                for piece in pieces.details(
                    row,
                    report.origin,
                    depth,
                    base_is_told=_key(row) in told,
                    told_by_another=_key(row) in repeated,
                )
            ),
            *pieces.trends(loud, depth.trends),
        ),
        quiet=tuple(pieces.quiet_images(quiet, report.origin)),
        unseen=len(everything) - len(shown),
    )


def _rows_before_the_fold(shown: Sequence[Row]) -> int:
    """Few images all stand in the table. Of many, those with something wrong do, as far as there is room."""
    if len(shown) <= FOLD_FROM:
        return len(shown)
    wrong = sum(row.image.outcome is not Outcome.PASS for row in shown)
    return min(wrong, _MOST_ROWS) or _FEW_ROWS


def _summed_up(shown: Sequence[Row]) -> str:
    """`20 more images: 4 over a limit, +3.20 MB in all`; empty for none."""
    if not shown:
        return ""
    broken = sum(row.image.outcome is not Outcome.PASS for row in shown)
    delta = sum((row.image.diff.delta or 0) for row in shown if row.image.diff)
    told = [f"{broken:,} with something wrong"] if broken else ["all within their limits"]
    if broken == len(shown):
        told = ["something is wrong with each"]
    return f"{count(len(shown), 'more image')}: {', '.join((*told, f'{change(delta)} in all'))}"


def _key(shown: Row) -> tuple[str, str | None]:
    return shown.image.name, shown.image.platform


def _printed(report: Report, page: _Page, framing: Framing) -> Markdown:
    told = (headline_of_return(report) if framing.returned else None) or headline(report)
    return render_markdown(
        "comment.md.j2",
        icon=told.icon,
        headline=compose(told.pattern, *(code(name, LONGEST_NAME) for name in told.names)),
        reported_by=framing.reported_by,
        rows=_kept(page.rows),
        more_rows=_kept(page.more_rows),
        more_summary=page.more_summary,
        percent=page.percent,
        bars=page.bars,
        legend=LEGEND if page.bars else None,
        unbuilt=page.unbuilt,
        changes=_kept(page.changes),
        troubles=_kept((*page.bases, *page.troubles)),
        more_troubles=_kept(page.more_troubles),
        more_in_trouble=page.more_in_trouble,
        remedy=_remedy(report),
        notes=_kept(page.notes),
        details=_kept(page.details),
        fold_details=len(page.details) > _MOST_FOLDS,
        quiet=_kept(page.quiet),
        left_out=_left_out(report, page),
        footer=_footer(report),
    )


def _kept(parts: Iterable[Piece]) -> list[Markdown]:
    return [piece.text for piece in parts if piece.text]


def _remedy(report: Report) -> Markdown:
    """What to do about broken limits; empty where none is broken."""
    broken = sorted((image for image in report.images if image.findings), key=importance, reverse=True)
    metrics = dict.fromkeys(finding.metric for image in broken for finding in image.findings)
    if not metrics:
        return Markdown("")
    choices = []
    places = [place_link(place, report.origin) for place in grown_places(broken)[:_MOST_PLACES]]
    if any(metric not in NOT_OF_A_SIZE for metric in metrics):
        choices.append(compose("make {} smaller", _listed(places) or "it"))
    if Metric.LAYERS in metrics:
        choices.append(compose("join instructions into fewer layers"))
    if command := accepting_command(report):
        choices.append(compose("accept it: {}, and commit the file", code(command)))
    if label := approving_label(report):
        choices.append(compose("set the label {}, if you may write here", code(label)))
    if comment := approving_comment(report):
        choices.append(compose("comment {}, if you may write here", code(comment)))
    limits = [code(metric.value) for metric in metrics if metric is not Metric.FORBIDDEN]
    where = compose(" on the base branch") if report.judged_by_base else Markdown("")
    file = code(config_path(report))
    if Metric.FORBIDDEN in metrics:
        choices.append(compose("keep what is forbidden out of the image"))
        choices.append(compose("allow it under {} in {}{}", code("forbidden"), file, where))
    if limits:
        choices.append(compose("raise {} in {}{}", _listed(limits), file, where))
    return render_markdown("remedy.md.j2", choices=choices)


def _listed(items: Sequence[Markdown]) -> Markdown:
    return compose(", ".join("{}" for _ in items), *items)


def _left_out(report: Report, page: _Page) -> Markdown:
    rows_gone = sum(piece.is_gone for piece in (*page.rows, *page.more_rows)) + page.unseen
    told = [
        (rows_gone, "image", "images"),
        (
            sum(piece.is_cut for piece in (*page.troubles, *page.more_troubles)),
            "broken limit",
            "broken limits",
        ),
        (sum(piece.is_cut for piece in page.notes), "note", "notes"),
        (sum(piece.is_cut for piece in (*page.details, *page.quiet)), "list", "lists"),
    ]
    parts = [count(number, *nouns) for number, *nouns in told if number]
    if not parts:
        return Markdown("")
    return render_markdown(
        "left_out.md.j2",
        what=", ".join(parts),
        run=link(compose("the run's summary"), run_url(report.origin)),
    )


def _footer(report: Report) -> Markdown:
    return render_markdown(
        "footer.md.j2",
        baseline=link(sentence(report.baseline), commit_url(report.origin, report.origin.base_commit))
        if report.baseline
        else None,
        tool=link(sentence(report.tool), documentation_url("comment.md")),
        run=link(compose("the whole report"), run_url(report.origin)) if run_url(report.origin) else None,
    )
