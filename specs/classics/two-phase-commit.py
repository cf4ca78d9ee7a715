"""Two-phase commit: the managers of a transaction all commit or all abort.

Paper: J. Gray and L. Lamport, "Consensus on transaction commit", ACM TODS 31(1), 2006, section 3;
the actions are those of their TwoPhase.tla, and so are the counts: 288 states with 3 managers,
8,832 with 5.
Left out: lost messages. A message once sent stays sent; receiving one a second time, which in the
paper changes nothing, is no step here.
Try: variant commit_early (the coordinator does not wait for all), variant impatient (a prepared
manager gives up by itself), variant coordinator_stops (why the protocol is called blocking).
"""

from modelcheck.lang import (
    Bool,
    Enum,
    atomic,
    choose,
    either,
    flag,
    invariant,
    param,
    reachable,
    shared,
    spec,
    struct,
    thread,
    variant,
    wait_until,
)

spec("two-phase-commit")

managers = param(3, min=1, max=6)
wait_for_all = flag(True)
impatient = flag(False)
may_stop = flag(False)


class State(Enum):
    WORKING = 0
    PREPARED = 1
    COMMITTED = 2
    ABORTED = 3


@struct
class Manager:
    state: State
    sent_prepared: Bool
    known_prepared: Bool  # to the coordinator


@struct
class Decision:
    commit_sent: Bool
    abort_sent: Bool


rms = shared(Manager, count=managers)
decision = shared(Decision)


@thread
def coordinate():
    while True:
        with atomic(because="one action of the paper"):
            if either():  # TMRcvPrepared
                rm = choose(rm for rm in rms if rm.sent_prepared and not rm.known_prepared)
                rm.known_prepared = True
            elif either():  # TMCommit
                if wait_for_all:
                    wait_until(all(rm.known_prepared for rm in rms))
                decision.commit_sent = True
                return
            elif may_stop and either():
                return
            else:  # TMAbort
                decision.abort_sent = True
                return


@thread(count=managers)
def manage(me):
    rm = rms[me]
    with atomic(because="one action of the paper"):
        if either():  # RMPrepare
            rm.state = State.PREPARED
            rm.sent_prepared = True
        elif either():  # RMChooseToAbort
            rm.state = State.ABORTED
            return
        else:  # RMRcvAbortMsg
            wait_until(decision.abort_sent)
            rm.state = State.ABORTED
            return
    with atomic(because="one action of the paper"):
        if either():  # RMRcvCommitMsg
            wait_until(decision.commit_sent)
            rm.state = State.COMMITTED
        elif impatient and either():
            rm.state = State.ABORTED
        else:  # RMRcvAbortMsg
            wait_until(decision.abort_sent)
            rm.state = State.ABORTED


@invariant
def all_decide_alike():
    return not (
        any(rm.state == State.COMMITTED for rm in rms)
        and any(rm.state == State.ABORTED for rm in rms)
    )


@reachable
def all_commit():
    return all(rm.state == State.COMMITTED for rm in rms)


@reachable
def all_abort():
    return all(rm.state == State.ABORTED for rm in rms)


variant("commit_early", wait_for_all=False, violates="all_decide_alike")
variant("impatient", impatient=True, violates="all_decide_alike")
variant("coordinator_stops", may_stop=True, violates="deadlock")
