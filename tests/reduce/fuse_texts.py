"""Programs with chains of states that are passed through, and what only such a state shows.

By name: the text, and what is violated; of each several threads or steps lead to one state on
several ways.
"""

INVARIANT = """
a = shared(Bool)
b = shared(Bool)


@thread
def sets():
    WRITE_ONCE(a, True)
    WRITE_ONCE(b, True)
    WRITE_ONCE(b, False)
    WRITE_ONCE(a, False)


@thread
def waits():
    wait_until(finished(sets))
    WRITE_ONCE(b, True)


@invariant
def never_both():
    return not (a and b)


@reachable
def both():
    return a and b


@reachable
def three():
    return not a and not b and finished(sets)
"""
FAULTY = """
@struct
class Node:
    word: U8


nodes = pool(Node, count=1)
where = shared(U8)


@struct(marked=True)
class Head:
    first: Ptr[Node]


head = shared(Head)


@thread
def frees():
    n = new(Node, word=0)
    head.first = n
    free(n)
    head.first = None


@invariant
def word_is_small():
    return head.first is None or head.first.word < 9


@reachable
def word_is_zero():
    return head.first is not None and head.first.word == 0
"""
RACE = """
plain = shared(U8)
done = shared(Bool)


@thread
def first():
    global plain
    WRITE_ONCE(done, True)
    plain = 1


@thread
def second():
    global plain
    wait_until(done)
    plain = 2


@thread
def third():
    wait_until(done)
    WRITE_ONCE(done, False)
"""
ORDERS = """
@struct(marked=True)
class Lock:
    owner: ThreadId


a = shared(Lock)
b = shared(Lock)
turn = shared(U8)


@observer
def note(first, second):
    precedes("lock-order", first, second)


def take(lock: Ptr[Lock]):
    with atomic():
        wait_until(lock.owner is None)
        lock.owner = current()


def give(lock: Ptr[Lock]):
    lock.owner = None


@thread
def forth():
    take(a)
    note(a, b)
    take(b)
    give(b)
    give(a)


@thread
def back():
    wait_until(finished(forth))
    take(b)
    note(b, a)
    take(a)
    give(a)
    give(b)
"""
CHOICES = """
seen = shared(U8)


@thread
def chooses():
    global seen
    with atomic():
        if either():
            wait_until(seen == 9)
        seen += 1
    with atomic():
        if either():
            seen += 1
        else:
            wait_until(seen == 1)
    WRITE_ONCE(seen, choose(5, 6))


@invariant
def never_one():
    return seen != 1


@final
def ends_with_six():
    return seen == 6
"""
SPINS = """
a = shared(U8)
b = shared(U8)


@thread
def ends():
    WRITE_ONCE(b, 1)
    WRITE_ONCE(b, 2)


@thread(count=2)
def goes_round(me):
    wait_until(b == 2)
    while True:
        wait_until(a == me)
        WRITE_ONCE(a, 1 - me)


@invariant
def never_one():
    return a != 1
"""
EQUAL = """
@struct
class Cell:
    word: U8


cells = shared(Cell, count=2)
turns = shared(U8)


@thread(count=3)
def works():
    global turns
    with atomic():
        turns += 1
    i = choose(range(2))
    cells[i].word = 1
    WRITE_ONCE(turns, 0)


@invariant
def few_turns():
    return turns < 3


@reachable
def all_end():
    return all(finished(t) for t in threads())
"""
COMES_BACK = """
a = shared(U8)


@initial
def begin():
    global a
    a = choose(range(3))


@thread
def counts():
    while True:
        WRITE_ONCE(a, 1)
        WRITE_ONCE(a, 2)
        WRITE_ONCE(a, 0)


@thread
def ends():
    wait_until(a == 9)


@invariant
def not_two():
    return a != 2
"""
SPAWNS = """
a = shared(U8)


@thread(spawned=2)
def child():
    WRITE_ONCE(a, 1)
    WRITE_ONCE(a, 2)


@thread
def parent():
    first = spawn(child)
    wait_until(finished(first))
    second = spawn(child)
    wait_until(finished(second))
    WRITE_ONCE(a, 3)
    crash()
    WRITE_ONCE(a, 4)


@invariant
def small():
    return a < 4
"""
LEAKS = """
@struct(marked=True)
class Node:
    word: U8


@struct(marked=True)
class Head:
    first: Ptr[Node]


nodes = pool(Node, count=2)
head = shared(Head)
lock = shared(Bool)


@thread(count=2)
def makes():
    n = new(Node, word=0)
    n.word = 1
    head.first = n
    wait_until(not lock)
    WRITE_ONCE(lock, True)


@final
def a_node_is_there():
    return head.first is None
"""

TEXTS = {
    "invariant": (INVARIANT, {"never_both"}),
    "faulty": (FAULTY, {"word_is_small", "word_is_zero"}),
    "race": (RACE, {"data-race", "deadlock"}),
    "orders": (ORDERS, {"lock-order"}),
    "choices": (CHOICES, {"never_one", "ends_with_six"}),
    "spins": (SPINS, {"never_one", "stuck"}),
    "equal": (EQUAL, {"data-race", "few_turns"}),
    "comes back": (COMES_BACK, {"not_two", "stuck"}),
    "spawns": (SPAWNS, {"small"}),
    "leaks": (LEAKS, {"leak", "deadlock", "a_node_is_there"}),
}
