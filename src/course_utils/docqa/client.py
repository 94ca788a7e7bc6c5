"""Client: how an answer is shown, with its sources, what it cost, and why there is none."""

from __future__ import annotations

import textwrap
from typing import Any

from course_utils.calculators import words
from course_utils.docqa.answer import ABSTAINED, ANSWERED, PROPOSED, Answer, Citation

LINE = 88
HEADS = {
    ANSWERED: "Answer",
    ABSTAINED: "No answer",
    PROPOSED: "Waiting for approval",
}


def as_text(answer: Answer, *, times: bool = True) -> str:
    """The answer as a terminal shows it."""
    lines = [_wrapped(f"{HEADS[answer.status]}: {answer.text or _proposal(answer)}")]
    lines += [_wrapped(f"Note: {notice}") for notice in answer.notices]
    for head, citations in (("Sources", answer.citations), ("Closest", answer.closest)):
        if citations:
            lines += ["", f"{head}:", *(_source(citation) for citation in citations)]
    lines += ["", total_line(answer, times=times), "", answer.trace.as_text(times=times)]
    return "\n".join(lines)


def total_line(answer: Answer, *, times: bool = True) -> str:
    """What the request took, in one line."""
    total = answer.trace.total
    parts = [
        f"{total.input_tokens:,} tokens in, {total.output_tokens:,} out",
        words.dollars(total.usd),
    ]
    if times:
        parts.insert(0, f"{words.seconds(answer.trace.duration_s)} ({answer.trace.clock.kind})")
    if answer.cached:
        parts.append("from the cache")
    return f"Request {answer.request}: {', '.join(parts)}"


def as_dict(answer: Answer, *, times: bool = True) -> dict[str, Any]:
    """The answer as plain data that JSON can carry."""
    total = answer.trace.total
    stages = answer.trace.waterfall()
    if not times:
        stages = [{k: v for k, v in row.items() if not k.startswith(_TIMES)} for row in stages]
    return {
        "request": answer.request,
        "question": answer.question,
        "status": answer.status,
        "text": answer.text or _proposal(answer),
        "reason": answer.reason,
        "sentences": [{"text": s.text, "citations": list(s.citations)} for s in answer.sentences],
        "citations": [_citation(citation) for citation in answer.citations],
        "closest": [_citation(citation) for citation in answer.closest],
        "notices": list(answer.notices),
        "degraded": answer.degraded,
        "cached": answer.cached,
        "actions": list(answer.actions),
        "input_tokens": total.input_tokens,
        "output_tokens": total.output_tokens,
        "usd": total.usd,
        **({"seconds": answer.trace.duration_s} if times else {}),
        "stages": stages,
    }


_TIMES = ("start_", "duration_")


def _citation(citation: Citation) -> dict[str, Any]:
    return {**vars(citation), "valid_from": citation.valid_from.isoformat()}


def _proposal(answer: Answer) -> str:
    return "I have put this up for a person to approve. Nothing has been done yet."


def _source(citation: Citation) -> str:
    marks = [f"version {citation.version}", f"valid from {citation.valid_from}"]
    marks += ["superseded"] * citation.superseded + ["untrusted"] * (not citation.trusted)
    head = f"[{citation.number}] {citation.title} ({', '.join(marks)})"
    quote = textwrap.shorten(citation.quote, 3 * LINE, placeholder=" ...")
    return f"{head}\n{textwrap.indent(_wrapped(quote, LINE - 4), '    ')}"


def _wrapped(text: str, width: int = LINE) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text
