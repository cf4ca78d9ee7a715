#!/usr/bin/env bash
# The step of action.yml that runs the gate. Inputs come as variables GATE_…; the exit code of the
# gate goes to GITHUB_OUTPUT, so that files can be uploaded before the job ends with it.
set -euo pipefail

options=(--github)

# add OPTION VALUE: unless the value is empty.
add() {
    if [[ -n $2 ]]; then options+=("$1" "$2"); fi
}

add --baseline "${GATE_BASELINE:-}"
add --spec-timeout "${GATE_SPEC_TIMEOUT:-}"
add --timeout "${GATE_TIMEOUT:-}"
add --jobs "${GATE_JOBS:-}"
add --junit "${GATE_JUNIT:-}"
add --sarif "${GATE_SARIF:-}"

# Words are split, patterns are not expanded; `read` ends with 1 at the end of the text.
read -r -d '' -a arguments <<< "${GATE_ARGUMENTS:-}" || true
read -r -d '' -a specs <<< "${GATE_SPECS:-}" || true
options+=(${arguments[@]+"${arguments[@]}"} --)

code=0
modelcheck gate "${options[@]}" ${specs[@]+"${specs[@]}"} || code=$?

{
    echo "exit-code=$code"
    if [[ -n ${GATE_SARIF:-} && -f $GATE_SARIF ]]; then echo "sarif=$GATE_SARIF"; fi
} >> "$GITHUB_OUTPUT"
