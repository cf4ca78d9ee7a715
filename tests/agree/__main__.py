"""Run random programs on both backends until one shows a disagreement: `python -m tests.agree`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).resolve().parent.parent
BATCH = 100  # programs in one executable


def main() -> int:
    """Compare `--count` programs, from `--seed` on; the exit code is 1 if any disagrees."""
    sys.path.insert(0, str(TESTS))
    from random_programs.shrink import save

    from agree.batch import QUICK, SANITIZED, THREADED, TINY
    from agree.combinations import compare_combinations
    from agree.repeat import LARGE, WORKERS, count_answers
    from agree.sample import Drawn, compare_all, draw, shrink_drawn
    from agree.specs import compare_specs
    from modelcheck.explore.options import REDUCTIONS, Reduction

    parser = argparse.ArgumentParser(prog="agree", description=main.__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--form", choices=("ir", "text", "both"), default="both")
    parser.add_argument("--with", dest="with_", choices=("nothing", "address", "thread"))
    parser.add_argument("--usual-sizes", action="store_true", help="of table, batch and level")
    parser.add_argument("--reduce", default="", help="also: to what is not reduced; `por`")
    parser.add_argument("--combinations", action="store_true", help="of reductions: each")
    parser.add_argument("--specs", action="store_true", help="only every variant of every spec")
    parser.add_argument("--repeat", type=int, help="only compare the JSON of so many runs")
    parser.add_argument("--no-shrink", action="store_true", help="only print the seeds")
    parser.add_argument("--smt", action="store_true", help="z3's formulas, specs and programs")
    options = parser.parse_args()
    if options.smt:
        return compare_formulas(options.count, options.seed)
    if options.repeat:
        answers = {verdict: count_answers(verdict, options.repeat) for verdict in LARGE}
        for verdict, texts in answers.items():
            print(f"{verdict}: {texts.total()} runs with {WORKERS} workers, {len(texts)} answers")
        return 1 if any(len(texts) > 1 for texts in answers.values()) else 0
    if options.specs:
        differences = list(compare_specs(TESTS.parent))
        print("\n".join(differences) or "every variant of every spec has the same result")
        return 1 if differences else 0
    flags = {"address": SANITIZED, "thread": THREADED}.get(options.with_, QUICK)
    flags += () if options.usual_sizes else TINY
    reduce = frozenset(name for name in REDUCTIONS if name in options.reduce.split(","))
    failed = set[str]()

    def note(drawn: Drawn, found: list[str], reduce: frozenset[Reduction] = reduce) -> None:
        failed.add(drawn.name)
        print(f"{drawn.name} {sorted(reduce)}: {'; '.join(found)}", flush=True)
        if not options.no_shrink:
            small, why = shrink_drawn(drawn, found, flags, reduce)
            print(f"  shrunk: {save(small, why[:1], TESTS / 'regressions')}", flush=True)

    began = time.monotonic()
    forms = ("ir", "text") if options.form == "both" else (options.form,)
    streams = [draw(form, options.seed) for form in forms]
    done, last = 0, ""
    while done < options.count:
        stream = streams[done // BATCH % len(streams)]
        drawn = list(islice(stream, min(BATCH, options.count - done)))
        if options.combinations:
            for one, chosen, found in compare_combinations(drawn, flags):
                note(one, found, chosen)
        else:
            compare_all(drawn, flags, note, reduce=reduce)
        done, last = done + len(drawn), drawn[-1].name
        print(f"{done} compared, up to {last}", file=sys.stderr, flush=True)
    seconds = time.monotonic() - began
    print(f"{done} programs compared, {len(failed)} disagree; {seconds:.0f} s")
    return 1 if failed else 0


def compare_formulas(count: int, seed: int) -> int:
    """Compare every variant of every spec, and so many random programs, with their formulas; and a
    fifth as many specs for any number of threads with programs of few.
    """
    from agree.sample import draw
    from agree.smt import compare_all
    from agree.specs import list_programs

    failed = done = 0
    sorts = Counter[str]()
    streams = [islice(draw(form, seed), (count + 1) // 2) for form in ("ir", "text")]
    programs = ((drawn.name, drawn.program) for stream in streams for drawn in stream)
    for name, program in chain(list_programs(TESTS.parent), programs):
        found, compared = compare_all(program, seconds=20.0)
        sorts[compared] += 1
        failed += bool(found)
        for difference in found:
            print(f"{name}: {difference}"[:2000], flush=True)
        done += 1
        if done % BATCH == 0:
            print(f"{done} compared, up to {name}", file=sys.stderr, flush=True)
    for compared, number in sorted(sorts.items()):
        print(f"{number} programs {compared}")
    print(f"{done} programs and their formulas, {failed} disagree", flush=True)
    return max(1 if failed else 0, compare_any_number(count // 5, seed))


def compare_any_number(count: int, seed: int) -> int:
    """Compare proofs for any number of threads with programs of few threads."""
    from agree.counted import compare_counted

    failed = 0
    answers = Counter[str]()
    with TemporaryDirectory() as folder:
        for number in range(seed, seed + count):
            found, proving = compare_counted(number, Path(folder), seconds=30.0)
            answers.update(proof.answer.value for proof in proving.proofs)
            failed += bool(found)
            for difference in found:
                print(f"drawn-{number}: {difference}", flush=True)
    told = ", ".join(f"{number} {answer}" for answer, number in sorted(answers.items()))
    print(f"{count} specs for any number of threads ({told}), {failed} disagree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
