"""What would make an image smaller, and why it won't start, as markdown."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.policy.dive import DiveVerdict
from bloatcheck.report.advice_text import text_elsewhere, text_heading
from bloatcheck.report.escape import LONGEST_NAME, Markdown, code, compose, fenced, link, sentence
from bloatcheck.report.figures import count
from bloatcheck.report.layer_links import place_link
from bloatcheck.report.links import advice_url
from bloatcheck.report.model import Origin
from bloatcheck.report.templates import render_markdown
from bloatcheck.units import format_bytes

_MOST_PROBLEMS = 5


def advice_line(name: str, advice: Sequence[Advice], origin: Origin) -> Markdown:
    """The advice that saves most, as a list item; empty where none saves anything."""
    first = advice[0] if advice else None
    if first is None or not first.saves:
        return Markdown("")
    return compose("- 💡 {} {}", code(name, LONGEST_NAME), _advice(first, origin, "could save"))


def advice_block(name: str, advice: Sequence[Advice], origin: Origin, most: int) -> Markdown:
    """All of it, folded, with the text to paste."""
    total = sum(each.saves or 0 for each in advice)
    saves = f", by {format_bytes(total)}" if total else ""
    return render_markdown(
        "advice.md.j2",
        name=name,
        summary=f"{count(len(advice), 'way')} to make it smaller{saves}",
        items=[(_advice(each, origin), _replacement(each)) for each in advice[:most]],
        rest=f"{count(len(advice) - most, 'smaller one')} not shown" if len(advice) > most else None,
    )


def problem_lines(name: str, problems: Sequence[StartProblem]) -> Markdown:
    """Why the image won't start, one item each; empty where it does."""
    items = [
        compose("- 🚫 {} won't start: {}", code(name, LONGEST_NAME), f"{each.message} {each.hint or ''}")
        for each in problems[:_MOST_PROBLEMS]
    ]
    return compose("\n".join("{}" for _ in items), *items)


def dive_lines(name: str, verdicts: Sequence[DiveVerdict]) -> Markdown:
    """The rules of dive's that are broken, one item each; empty where none is."""
    items = [
        compose(
            "- ❌ {} **{}** (dive) is {}, allowed is {}",
            code(name, LONGEST_NAME),
            verdict.rule,
            verdict.measured,
            verdict.allowed,
        )
        for verdict in verdicts
        if not verdict.passed
    ]
    return compose("\n".join("{}" for _ in items), *items)


def _advice(advice: Advice, origin: Origin, verb: str = "saves") -> Markdown:
    about = "about " if advice.about else ""
    saves = compose("{} **{}**: ", verb, f"{about}{format_bytes(advice.saves)}") if advice.saves else ""
    place = compose(" ({})", place_link(advice.place, origin)) if advice.place else ""
    why = compose(" [{}]", link(code(advice.id), advice_url(advice.id)))
    return compose("{}{}{}{}", saves, sentence(advice.message), place, why)


def _replacement(advice: Advice) -> Markdown | None:
    if not advice.replacement:
        elsewhere = text_elsewhere(advice)
        return sentence(f"{elsewhere[0].upper()}{elsewhere[1:]}.") if elsewhere else None
    heading = sentence(f"{text_heading(advice).capitalize()}:")
    if advice.append_to:
        heading = compose("Add to {}:", code(advice.append_to))
    return compose("{}\n\n{}", heading, fenced(advice.replacement.splitlines(), "dockerfile"))
