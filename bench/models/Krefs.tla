-------------------------------- MODULE Krefs --------------------------------
\* Threads take references to one object under a lock; a remover waits for them
\* and frees it: the steps of bench/specs/krefs.py.
EXTENDS Naturals, TLC
CONSTANT THREADS
VARIABLES at, remover, fd, lock, dying, freed, refs
vars == <<at, remover, fd, lock, dying, freed, refs>>

Id == 1..THREADS

Init ==
  /\ at = [t \in Id |-> 0]
  /\ remover = 0
  /\ fd = [t \in Id |-> FALSE]
  /\ lock = FALSE
  /\ dying = FALSE
  /\ freed = FALSE
  /\ refs = 0

Go(t, from, to) == at[t] = from /\ at' = [at EXCEPT ![t] = to] /\ UNCHANGED remover
Alone(t, from, to, open) ==
  Go(t, from, to) /\ fd' = [fd EXCEPT ![t] = open] /\ UNCHANGED <<lock, dying, freed, refs>>
Lock(t, from, to) ==
  ~lock /\ Go(t, from, to) /\ lock' = TRUE /\ UNCHANGED <<fd, dying, freed, refs>>
Unlock(t, from, to) ==
  Go(t, from, to) /\ lock' = FALSE /\ UNCHANGED <<fd, dying, freed, refs>>
Count(t, from, to, n) ==
  Go(t, from, to) /\ refs' = n /\ UNCHANGED <<fd, lock, dying, freed>>

Get(t) == ~dying /\ Count(t, 2, 4, refs + 1)
Gone(t) == dying /\ Go(t, 2, 3) /\ UNCHANGED <<fd, lock, dying, freed, refs>>
Use(t) ==
  /\ Go(t, 5, 6)
  /\ Assert(~freed, "use after free")
  /\ UNCHANGED <<fd, lock, dying, freed, refs>>

Move(from, to) == remover = from /\ remover' = to /\ UNCHANGED <<at, fd>>
RemoverLocks == ~lock /\ Move(0, 1) /\ lock' = TRUE /\ UNCHANGED <<dying, freed, refs>>
RemoverMarks == Move(1, 2) /\ dying' = TRUE /\ UNCHANGED <<lock, freed, refs>>
RemoverUnlocks == Move(2, 3) /\ lock' = FALSE /\ UNCHANGED <<dying, freed, refs>>
RemoverWaits == refs = 0 /\ Move(3, 4) /\ UNCHANGED <<lock, dying, freed, refs>>
RemoverFrees == Move(4, 5) /\ freed' = TRUE /\ UNCHANGED <<lock, dying, refs>>

Next ==
  \/ \E t \in Id :
       \/ Alone(t, 0, 1, TRUE)
       \/ Lock(t, 1, 2)
       \/ Get(t) \/ Gone(t)
       \/ Unlock(t, 3, 10)
       \/ Unlock(t, 4, 5)
       \/ Use(t)
       \/ Alone(t, 6, 7, TRUE)
       \/ Lock(t, 7, 8)
       \/ Count(t, 8, 9, refs - 1)
       \/ Unlock(t, 9, 10)
       \/ Alone(t, 10, 11, FALSE)
  \/ RemoverLocks \/ RemoverMarks \/ RemoverUnlocks \/ RemoverWaits \/ RemoverFrees
Spec == Init /\ [][Next]_vars
=============================================================================
