"""Specs for the tests of `mutate`: one with a place for every mutator, one that is quick."""

from textwrap import dedent

# A table of one item: looked up under RCU, put, waited for, freed.  Nothing of it is explored.
EVERY = dedent("""\
    '''An item with references.'''

    from modelcheck.kernel.atomic import atomic_dec_and_test, atomic_inc_not_zero, atomic_t
    from modelcheck.kernel.completion import Completion, complete, wait_for_completion
    from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
    from modelcheck.kernel.rcu import (
        RcuHead, kfree_rcu, rcu_assign_pointer, rcu_dereference, rcu_read_lock, rcu_read_unlock,
        synchronize_rcu,
    )
    from modelcheck.kernel.slab import kfree
    from modelcheck.lang import (
        Bool, Ptr, READ_ONCE, U8, WRITE_ONCE, atomic, final, flag, ghost, initial, new, observer,
        pool, shared, spec, struct, thread,
    )

    spec("every")

    later = flag(False)


    @struct
    class Item:
        refs: atomic_t
        head: RcuHead
        value: U8
        seen: U8
        looks: U8 = ghost(0)


    @struct
    class Table:
        lock: Mutex
        gone: Completion
        item: Ptr[Item]
        open: Bool


    items = pool(Item, count=2)
    table = shared(Table)


    @initial
    def fill():
        fill_one()


    def fill_one():
        table.item = new(Item, value=1, seen=0)
        table.item.refs.counter = 1
        table.open = True


    @observer
    def count(item: Ptr[Item]):
        item.looks += 1


    def item_get(item: Ptr[Item]) -> Bool:
        return atomic_inc_not_zero(item.refs)


    def item_put(item: Ptr[Item]):
        if atomic_dec_and_test(item.refs):
            mutex_lock(table.lock)
            WRITE_ONCE(item.seen, 2)
            mutex_unlock(table.lock)
            complete(table.gone)


    @thread
    def look():
        rcu_read_lock()
        item = rcu_dereference(table.item)
        if item is None or not item_get(item):
            rcu_read_unlock()
            return
        rcu_read_unlock()
        count(item)
        item.looks = 0
        with atomic(because="one thing"):
            item.seen = READ_ONCE(item.value)
        item_put(item)


    @thread
    def end():
        item = table.item
        if table.open:
            rcu_assign_pointer(table.item, None)
        item_put(item)
        wait_for_completion(table.gone)
        while table.open:
            mutex_lock(table.lock)
            mutex_unlock(table.lock)
        if later:
            kfree_rcu(item, item.head)
        else:
            synchronize_rcu()
            kfree(item)


    @final
    def nothing_is_left():
        table.open = table.open
        return table.item is None
""").replace("    table.open = table.open\n", "")

# Two who change a number under a lock; `rounds` is asked about by nobody.
COUNTER = dedent("""\
    '''A counter under a lock.'''

    from modelcheck.kernel.mutex import Mutex, mutex_lock, mutex_unlock
    from modelcheck.lang import U8, final, flag, ghost, invariant, reachable, shared, spec, struct
    from modelcheck.lang import thread, variant

    spec("counter")

    twice = flag(False)


    @struct
    class Counter:
        lock: Mutex
        value: U8
        rounds: U8
        n: U8 = ghost(0)


    counter = shared(Counter)


    def add():
        counter.value += 1
        if twice:
            counter.value += 1


    @thread(count=2)
    def work():
        mutex_lock(counter.lock)
        add()
        counter.rounds = 1
        mutex_unlock(counter.lock)


    @final
    def nothing_lost():
        return counter.value == (4 if twice else 2)


    @invariant
    def never_more():
        return counter.value <= 200


    @reachable
    def one_of_them():
        return counter.value == 1


    variant("twice", twice=True)
    variant("lost", violates="nothing_lost")
""")
