"""The report as markdown: the pull-request comment and the job summary."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from bloatcheck.config.limits import Metric
from bloatcheck.policy.model import Outcome
from bloatcheck.report import approval_pieces, fit, fleet_piece, pieces
from bloatcheck.report.approving import approving_comment, approving_label
from bloatcheck.report.bars import bars, legend
from bloatcheck.report.escape import LONGEST_NAME, Markdown, code, compose, link, sentence
from bloatcheck.report.figures import change, count
from bloatcheck.report.fit import Piece
from bloatcheck.report.headline import Headline, headline, headline_of_return, headlined
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
    importance,
    is_quiet,
    rows,
)

LONGEST_COMMENT = 64_000
"""GitHub takes 65,536 characters, marker included. These are bytes, of which there are never fewer."""
_LONGEST_KEY = 500

LONGEST_SUMMARY = 1_000_000
"""GitHub takes 1 MiB per step, to which other tools of the same step may add a little."""

_COMMENT = Depth(lines=12, layers=15, output_lines=25, trends=3, unfolded=False)
_SUMMARY = Depth(lines=50, layers=150, output_lines=100, trends=20, unfolded=True)

_MOST_IMAGES = 1000
"""More rows than this fit nowhere; what lies behind them is counted, not rendered."""

_ROOM_TO_TELL = 500
"""Bytes for saying what was left out."""

_MOST_FOLDS = 2
"""More folded parts than this are folded into one."""

_MOST_ROWS = 5
_FEW_ROWS = 4
"""Images in the table where none of them has anything wrong."""

_MOST_NOTES = 5
"""Notes of the run before the fold."""

_LONGEST_UNBROKEN = 16
"""Characters of a name beside which a phone has room for the next two columns."""

_SPACES_SAVED = 3
"""The heading's word is as wide as the icon and three letters of a name."""

_LINE = 105
"""Characters that a line of a pull request's comment has room for, some 830 pixels wide."""
_HEADING = 78
"""Those of its heading."""
_UNSEEN = re.compile(r"(?<=\])\([^)\s]*\)|[`*\[\]]")
"""What is in markdown and not on the page."""


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

    `percent` says whether the table has such a column, `bars` is the heading of that one, and `spaces` widen
    that of images. `more_rows` are folded below `more_summary`, and `more_troubles` are. `unseen` images were
    never rendered.
    `in_common`: the details begin with what images take together.
    """

    rows: tuple[Piece, ...]
    spaces: int
    more_rows: tuple[Piece, ...]
    more_summary: str
    percent: bool
    bars: str
    unbuilt: Markdown | None
    changes: tuple[Piece, ...]
    more_changes: tuple[Piece, ...]
    bases: tuple[Piece, ...]
    troubles: tuple[Piece, ...]
    more_troubles: tuple[Piece, ...]
    cures: tuple[Piece, ...]
    notes: tuple[Piece, ...]
    details: tuple[Piece, ...]
    quiet: tuple[Piece, ...]
    unseen: int
    in_common: bool
    remedy: Markdown
    other_ways: Markdown

    @property
    def pieces(self) -> tuple[Piece, ...]:
        changes = (*self.changes, *self.more_changes)
        told = (*changes, *self.rows, *self.bases, *self.troubles, *self.cures, *self.notes)
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
    calm = len(everything) > 1 and all(is_quiet(row.image) for row in everything)
    folds = len(everything) > FOLD_FROM or (calm and not depth.unfolded)
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
        piece
        for row in loud
        for piece in pieces.troubles(
            row, report.origin, base_is_told=_key(row) in told, headlined=in_headline
        )
    ]
    unbuilt = unbuilt_line((row.image for row in loud), report.origin)
    changes = tuple(approval_pieces.changes(report))
    told_changes = 1 + approval_pieces.MOST_CHANGES  # with the heading
    remedy, other_ways = _remedy(report)
    bases = tuple(pieces.bases(shared))
    cures = tuple(pieces.cures(loud, report.origin))
    notes = (
        *(piece for row in loud for piece in approval_pieces.approvals(row)),
        *pieces.notes(report.notes[:_MOST_NOTES]),
    )
    others = (
        *_kept((*changes[:told_changes], *bases, *cures, *notes)),
        remedy,
    )
    table = most + 1 + (unbuilt is not None)
    heading = _lines(_sentence(headline(report)), _HEADING)
    room = depth.lines - table - heading - sum(map(_lines, others))
    at_once = _fitting(troubles, room)
    together = (
        *pieces.notes(report.notes[_MOST_NOTES:_MOST_IMAGES]),
        *fleet_piece.fleet(report),
    )
    return _Page(
        rows=tuple(lines[:most]),
        spaces=_spaces(row.name for row in loud),
        more_rows=tuple(lines[most:]),
        more_summary=_summed_up(loud[most:]),
        percent=percent,
        bars=legend(drawn),
        unbuilt=unbuilt,
        changes=changes[:told_changes],
        more_changes=changes[told_changes:],
        bases=bases,
        troubles=tuple(troubles[:at_once]),
        more_troubles=tuple(troubles[at_once:]),
        cures=cures,
        notes=notes,
        details=(
            *together,
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
        in_common=bool(together),
        remedy=remedy,
        other_ways=other_ways,
    )


def _sentence(told: Headline) -> Markdown:
    return compose(told.pattern, *(code(name, LONGEST_NAME) for name in told.names))


def _lines(text: str, width: int = _LINE) -> int:
    """So many lines the text takes on the page, which is only known about."""
    return sum(-(-len(_UNSEEN.sub("", line)) // width) for line in text.splitlines())


def _fitting(troubles: Sequence[Piece], room: int) -> int:
    """So many of them are told in the lines that there are; at least the first is."""
    for number, piece in enumerate(troubles):
        room -= _lines(piece.text)
        if room < 0 and number:
            return number
    return len(troubles)


def _spaces(names: Iterable[str]) -> int:
    """How many digits the heading of images lacks of the names that a narrow page would break at a hyphen."""
    broken = [len(name) for name in names if not name.isalnum() and len(name) <= _LONGEST_UNBROKEN]
    return max(0, max(broken, default=0) - _SPACES_SAVED)


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
        headline=_sentence(told),
        reported_by=framing.reported_by,
        rows=_kept(page.rows),
        spaces=page.spaces,
        more_rows=_kept(page.more_rows),
        more_summary=page.more_summary,
        percent=page.percent,
        bars=page.bars,
        unbuilt=page.unbuilt,
        changes=_kept(page.changes),
        more_changes=_kept(page.more_changes),
        more_changes_summary=approval_pieces.more_changes(report),
        troubles=_kept((*page.bases, *page.troubles, *page.cures)),
        more_troubles=_kept(page.more_troubles),
        more_in_trouble=count(len(page.more_troubles), "more thing is wrong", "more things are wrong"),
        remedy=page.remedy,
        other_ways=page.other_ways,
        notes=_kept(page.notes),
        details=_kept(page.details),
        fold_details=len(page.details) > _MOST_FOLDS or page.in_common,
        quiet=_kept(page.quiet),
        left_out=_left_out(report, page),
        footer=_footer(report),
    )


def _kept(parts: Iterable[Piece]) -> list[Markdown]:
    return [piece.text for piece in parts if piece.text]


def _remedy(report: Report) -> tuple[Markdown, Markdown]:
    """What to do about broken limits in one line, and folded the other ways; empty where none is broken."""
    broken = [image for image in report.images if image.findings]
    metrics = dict.fromkeys(
        finding.metric for image in sorted(broken, key=importance, reverse=True) for finding in image.findings
    )
    if not metrics:
        return Markdown(""), Markdown("")
    mending = []
    if any(metric not in NOT_OF_A_SIZE for metric in metrics):
        mending.append(compose("make it smaller"))
    if Metric.LAYERS in metrics:
        mending.append(compose("join instructions into fewer layers"))
    if Metric.FORBIDDEN in metrics:
        mending.append(compose("keep what is forbidden out of the image"))
    first, *others = _accepting(report, metrics)
    summary = count(len(others), "other way to accept it", "other ways to accept it")
    return (
        render_markdown("remedy.md.j2", choices=[*mending, first]),
        render_markdown("other_ways.md.j2", summary=summary, choices=others) if others else Markdown(""),
    )


def _accepting(report: Report, metrics: Iterable[Metric]) -> Sequence[Markdown]:
    """Every way that a broken limit can be accepted, the handiest first; at least one."""
    ways = []
    if command := accepting_command(report):
        ways.append(compose("commit what {} writes", code(command)))
    if label := approving_label(report):
        ways.append(compose("set the label {}, if you may write here", code(label)))
    if comment := approving_comment(report):
        ways.append(compose("comment {}, if you may write here", code(comment)))
    limits = [code(metric.value) for metric in metrics if metric is not Metric.FORBIDDEN]
    where = compose(" on the base branch") if report.judged_by_base else Markdown("")
    file = code(config_path(report))
    if Metric.FORBIDDEN in metrics:
        ways.append(compose("allow it under {} in {}{}", code("forbidden"), file, where))
    if limits:
        ways.append(compose("raise {} in {}{}", _listed(limits), file, where))
    return ways


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
