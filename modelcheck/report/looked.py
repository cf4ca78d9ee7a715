"""What a second look told, as JSON: `ran` and `profile` of `check --json` (result.schema.json)."""

from __future__ import annotations

from collections.abc import Mapping

from modelcheck.explore.looked import Profile, Ran
from modelcheck.ir.nodes import Program
from modelcheck.report.conditions import list_halves
from modelcheck.report.coverage import cut, tell_condition
from modelcheck.report.json import Json
from modelcheck.report.listing import count_lines


def ran_to_json(
    program: Program, ran: Ran, sources: Mapping[str, str], *, lines: bool = False
) -> Json:
    """Which code ran; with `lines` also how often each line did."""
    value: Json = {
        "states": ran.states,
        "whole": ran.is_whole,
        "one_way": [
            {
                "path": half.span.path,
                "line": half.span.line,
                "column": half.span.col,
                "text": cut(sources, half.span),
                "never": half.never,
            }
            for half in list_halves(ran, sources)
        ],
        "vacuous": [
            {"property": vacuous.property, "text": text, "never": never}
            for vacuous in ran.vacuous
            for text, never in (tell_condition(vacuous, sources),)
        ],
        "waits": [
            {"thread": wait.location[0], "location": wait.location[1], "states": wait.states}
            for wait in ran.waits
        ],
        "never_waited": list(ran.calm),
    }
    if lines:
        value["lines"] = [
            {"path": path, "line": line, "runs": count}
            for (path, line), count in sorted(count_lines(program, ran).items())
        ]
    return value


def profile_to_json(profile: Profile) -> Json:
    """What makes the states so many."""
    return {
        "states": profile.states,
        "whole": profile.is_whole,
        "levels": list(profile.levels),
        "standing": [
            {"thread": thread, "location": label, "states": count}
            for (thread, label), count in sorted(profile.standing.items())
        ],
        "factors": [
            {"name": f.name, "values": f.values, "slots": f.slots, "without": f.without}
            for f in profile.factors
        ],
    }
