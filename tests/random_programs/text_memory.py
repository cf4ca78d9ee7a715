"""What random spec text declares: structs, objects, routines, what it allows."""

from __future__ import annotations

from random_programs.text_words import Words

Lines = list[str]


def list_declarations(it: Words) -> Lines:
    """The structs and objects, and the routine that fills them."""
    return [*list_structs(it), *list_objects(it), *list_initial(it)]


def list_structs(it: Words) -> Lines:
    rng, has = it.rng, it.has
    marked = "(marked=True)" if has["marked"] else ""
    out: Lines = []

    def struct(name: str, *fields: str) -> None:
        out.extend([f"@struct{marked}", f"class {name}:", *("    " + f for f in fields), "", ""])

    if has["enum"]:
        out += ["class Mode(Enum):", "    COLD = 0", "    WARM = 1", "    HOT = 2", "", ""]
    if has["part"]:
        struct("Part", "a: U8")
        struct("Case", "n: U8", "part: Part")
    if has["each"]:
        struct("Device", "n: U8", "busy: Bool")
    if has["task"]:
        struct("Task", "n: U8")
    node = ["v: U8", 'next: Ptr["Node"]', *["part: Part"] * has["part"]]
    struct("Node", *node, *["g: U8 = ghost(0)"] * has["ghost"])
    top = ["flag: Bool", "level: Int = between(0, 2)", "n: U8", "head: Ptr[Node]"]
    top += ["kept: U8 = durable(1)"] * (rng.random() < 0.4)
    top += ["at: Ptr[Part]", "own: Part", "cases: Array[Case] = array(2)"] * has["part"]
    if has["queue"]:
        top.append(f"queue: Queue[U8] = queue({rng.choice((1, 2))})")
        top.append(f"line: Queue[Ptr[Node]] = queue({rng.choice((1, 2))})")
    top += ["seen: Set[ThreadId]"] * has["set"] + ["group: Set[Ptr[Node]]"] * has["group"]
    top += ["cells: Array[U8] = array(2)"] * has["array"] + ["mode: Mode"] * has["enum"]
    top += ["wide: U16", "wider: U32"] * has["wide"] + ["call: Fn"] * has["fn"]
    struct("Top", *top)
    return out


def list_objects(it: Words) -> Lines:
    rng, has = it.rng, it.has
    starts = f", wide={rng.choice((0, 65535))}, wider=4294967295" if has["wide"] else ""
    out = [f"top = shared(Top{starts})", "word = shared(U8)"]
    for i in range(2 * has["lock"]):
        kind = rng.choice(("Mutex", "Spinlock"))
        it.locks.append(f"lock{i}")
        it.lock_types[f"lock{i}"] = "mutex" if kind == "Mutex" else "spin"
        out.append(f"lock{i} = shared({kind})")
    if has["pool"]:
        words = [f"count={rng.choice((1, 2, 2, 3))}"]
        words += ["reuse=True"] * has["reuse"] + ["stable=(Node.v,)"] * has["stable"]
        out.append(f"pool_ = pool(Node, {', '.join(words)})")
    out.append(f"nodes = shared(Node, count={rng.choice((1, 2))})")
    out += ["devices = shared(Device, count=2)"] * has["each"]
    out += ["tasks = per_thread(Task)"] * has["task"]
    return out + ["seen_by: U8 = ghost(0)"] * has["ghost"]


def list_initial(it: Words) -> Lines:
    rng = it.rng
    if rng.random() < 0.4:
        return []
    out = ["", "", "@initial", "def fill():", "    global word"]
    out.append(f"    top.head = {rng.choice(('nodes[0]', 'nodes[0] if either() else None'))}")
    if rng.random() < 0.5:
        out.append("    word = choose(range(2))")
    if it.has["group"] and rng.random() < 0.5:
        out.append("    top.group.add(nodes[0])")
    return out


def list_routines(it: Words) -> Lines:
    out: Lines = ["", ""]
    if it.has["fn"]:
        for i in range(2):
            out += [f"def call{i}():", f"    top.n = {i + 1}", "", ""]
    out += ["def touch(it: Ptr[Node]):", "    it.v = 1", "    return it.v", "", ""]
    out += ["def swap(place: Ref[U8], value: U8):", "    with atomic(because='xchg'):"]
    out += ["        old = place", "        place = value", "    return old", "", ""]
    out += ["def both(place: Ref[U8], least: U8):", "    old = place"]
    out += ["    if old < least:", "        return least, old", "    return old, least", "", ""]
    if it.has["observer"]:
        out += ["@observer", "def note(it: Ptr[Node]):", "    global seen_by"]
        if it.rng.random() < 0.5:
            out.append("    seen_by = (seen_by + 1) % 3")
        else:
            out += ["    if top.n == 1:", "        seen_by = 1"]
        out += ["    it.g = (it.g + 1) % 3", "", ""]
        if it.rng.random() < 0.7:
            out += ["@on_free(Node)", "def gone(it: Ptr[Node]):", "    global seen_by"]
            last = it.rng.choice(("seen_by = 2", "it.g = 0", "assert it.g < 2, 'oath: freed'"))
            out += [f"    {last}", "", ""]
    return out


CHECKS = ("data-race", "data-race", "data-race", "leak", "stuck", "deadlock", "capacity", "range")
CHECKS += ("use-after-free", "null-dereference", "lock-order", "lock-misuse", "double-free")


def list_allows(it: Words) -> Lines:
    """What is not to be reported, for a field, an object, a struct or everywhere."""
    if not it.has["allow"]:
        return []
    on = ["Top.n", "Node.v", "Node", "top", "word", "nodes", "Top.head", "Top.level", ""]
    on += ["pool_"] * it.has["pool"] + ["Part.a", "Case.part", "Part"] * it.has["part"]
    on += ["lock0", "lock1"] * it.has["lock"]
    found = []
    for check in dict.fromkeys(it.rng.choices(CHECKS, k=2)):
        where = it.rng.choice(on)
        found.append(f'allow("{check}", {f"on={where}, " if where else ""}because="random")')
    return [*found, ""]
