"""Damages of what is shown of a verdict: the index of a gate, the page of a trace, its tour."""

from tests.damage.row import Row

GATE = "tests/unit/pages/test_gate_page.py::"
DOCUMENT = "tests/unit/pages/test_document.py::"
PAGE = "tests/unit/pages/test_trace_page.py::"
TOUR = "tests/unit/trace/test_tour.py::"
MERMAID = "tests/unit/trace/test_trace_mermaid.py::"
BROWSER = "tests/cli/test_html.py::"
EXPLORE = "tests/cli/test_explore.py::"
GRAPH = "tests/unit/trace/test_trace_graph.py::"

ROWS = (
    Row(
        "index-hides-what-is-not-read",
        "pages/gate.py",
        "*(_write_entry(entry) for entry in entries),",
        "*(_write_entry(entry) for entry in entries if not entry.error),",
        "A spec that could not be read is missing in the index of a gate.",
        (f"{GATE}test_a_spec_that_cannot_be_read_has_its_place_and_is_counted",),
    ),
    Row(
        "index-does-not-count-what-is-not-read",
        "pages/gate.py",
        'f", {unread} not read" if unread else ""',
        '""',
        "The first line of an index is green although a spec could not be read.",
        (f"{GATE}test_a_spec_that_cannot_be_read_has_its_place_and_is_counted",),
    ),
    Row(
        "index-takes-undecided-for-verified",
        "pages/gate.py",
        'sign = "\\u2714" if found.verdict is Verdict.VERIFIED else "?"',
        'sign = "\\u2714"',
        "A property that was not decided looks verified in the index.",
        (f"{GATE}test_a_property_that_is_not_decided_is_not_called_verified",),
    ),
    Row(
        "index-marks-nothing",
        "pages/gate.py",
        'class_=classes.get(judgement.outcome, "open"),',
        "class_=None,",
        "An unexpected variant looks like one as expected.",
        (f"{GATE}test_what_is_not_as_expected_is_marked_says_why_and_is_counted",),
    ),
    Row(
        "index-forgets-a-violation",
        "pages/gate.py",
        "if found.verdict is Verdict.VIOLATED:",
        "if found.verdict is Verdict.VIOLATED and not found.violations:",
        "A violated property looks like one that was only not verified.",
        (f"{GATE}test_variants_stand_side_by_side_with_what_each_one_breaks",),
    ),
    Row(
        "pages-quote-nothing",
        "pages/document.py",
        "Markup(html.escape(clean(text)))",
        "Markup(clean(text))",
        "A name in a spec becomes part of the page.",
        (
            f"{DOCUMENT}test_text_is_quoted_and_markup_is_not",
            f"{PAGE}test_hostile_names_and_texts_stay_text",
        ),
    ),
    Row(
        "pages-let-data-end",
        "pages/document.py",
        '.replace("<", "\\\\u003c")',
        "",
        "A name in a spec ends the data of a page and begins a script.",
        (f"{DOCUMENT}test_embedded_data_comes_back_and_cannot_end_its_element",),
    ),
    Row(
        "pages-let-text-turn",
        "pages/document.py",
        'return TURNING.sub("\\ufffd", NOT_TEXT.sub("\\ufffd", text))',
        'return NOT_TEXT.sub("\\ufffd", text)',
        "A spec is shown in another order than the one in which it is read.",
        (f"{DOCUMENT}test_what_hides_or_turns_text_is_shown_as_such",),
    ),
    Row(
        "tour-everybody-can-step",
        "trace/tour.py",
        "elif thread in waiting:",
        "elif thread in waiting and waiting[thread].idle:",
        "A page says of a blocked thread that it can step.",
        (f"{TOUR}test_a_tour_agrees_with_the_backend_about_who_can_step",),
    ),
    Row(
        "tour-knows-the-future",
        "trace/tour.py",
        "so_far = replace(story, steps=story.steps[:number])",
        "so_far = story",
        "A thread is called finished that is only to be started later.",
        (f"{TOUR}test_a_thread_at_rest_is_idle_and_one_to_come_is_not_started",),
    ),
    Row(
        "tour-interrupts-wait-for-nothing",
        "trace/tour.py",
        "if any(not state[flag] for flag in list_flags(self._memory, template, target)):",
        "if any(state[flag] for flag in list_flags(self._memory, template, target)):",
        "A page does not say why an interrupt cannot come.",
        (f"{TOUR}test_an_interrupt_that_cannot_come_says_so_and_so_does_who_is_held_up",),
    ),
    Row(
        "tour-dead-objects-have-values",
        "trace/tour.py",
        "if not (is_dead or is_over):",
        "if not is_over:",
        "A page shows what a freed object holds.",
        (f"{TOUR}test_objects_and_locals_come_and_go",),
    ),
    Row(
        "mermaid-text-is-grammar",
        "trace/mermaid.py",
        "!?-]",
        "!?;#-]",
        "A text with a semicolon ends a statement of a diagram.",
        (f"{MERMAID}test_text_that_is_grammar_stays_text",),
    ),
    Row(
        "mermaid-locks-end-twice",
        "trace/mermaid.py",
        "if bar.last == row and not bar.open:",
        "if bar.last == row:",
        "Mermaid refuses a diagram that ends a lock twice.",
        (f"{MERMAID}test_no_activation_is_ended_that_was_not_begun",),
    ),
    Row(
        "links-wake-oneself",
        "trace/marks.py",
        "if rows[source].lane != rows[target].lane:",
        "if rows[source].lane == rows[target].lane:",
        "A wake-up is shown where there is none, and none where there is one.",
        (f"{GRAPH}test_only_the_last_wake_before_a_step_counts_and_none_of_a_thread_s_own",),
    ),
    Row(
        "walk-breaks-nothing",
        "trace/broken.py",
        "if breaks(self._model, state, claim):",
        "if not breaks(self._model, state, claim):",
        "A walk goes through a violation and does not say so.",
        (f"{EXPLORE}test_the_only_step_to_a_violation_says_so_and_leads_there",),
    ),
    Row(
        "walk-claims-a-search",
        "trace/wander.py",
        'SCOPE = ("chosen step by step: nothing was searched",)',
        'SCOPE = ("no reductions",)',
        "A path that was chosen by hand looks like one that a search found.",
        (f"{EXPLORE}test_a_path_chosen_by_hand_is_kept_and_says_that_nothing_was_searched",),
    ),
    Row(
        "page-forgets-values",
        "pages/trace.js",
        "const row = rows.length ? [...rows[rows.length - 1]] : [];",
        "const row = [];",
        "A page shows only the values that change, as if the others were gone.",
        (f"{BROWSER}test_filters_dim_rows_and_stepping_goes_past_them",),
    ),
    Row(
        "page-shows-threads-a-step-late",
        "pages/trace.js",
        "const station = part.stations[at.step];\n  const mover",
        "const station = part.stations[Math.max(at.step - 1, 0)];\n  const mover",
        "A page shows where the threads stood before the step.",
        (f"{BROWSER}test_a_step_shows_its_line_what_it_changed_and_who_cannot_go_on",),
    ),
    Row(
        "page-calls-nothing-a-violation",
        "pages/trace.js",
        "const isEnd = at.step === part.steps;",
        "const isEnd = at.step > part.steps;",
        "A page does not say where the violation is.",
        (f"{BROWSER}test_every_kind_of_violation_is_walked_through_without_a_complaint",),
    ),
)
