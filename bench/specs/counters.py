"""Threads that count to a number, each for itself: as many states as wanted, known without a search.

Peers: none by hand; SPIN takes what `modelcheck export` writes.
States: (rounds + 1)^threads; transitions: threads * rounds * (rounds + 1)^(threads - 1).
Left out: everything that threads could share.  A count stands in a word that all may read and in
a local, so that a state of four threads is two words.
Try: `-D threads=4 -D rounds=99` has 10^8 states.
"""

from modelcheck.lang import U8, Array, allow, array, param, reachable, shared, spec, struct, thread

spec("counters")

threads = param(2, min=1, max=8)
rounds = param(3, min=1, max=250)


@struct(marked=True)
class Board:
    count: Array[U8] = array(threads)


board = shared(Board)


@thread(count=threads)
def count(me):
    done: U8 = 0
    while done < rounds:
        done += 1
        board.count[me] = done


@reachable
def all_have_counted():
    return all(board.count[t] == rounds for t in range(threads))


allow("stuck", because="no peer looks for it")
