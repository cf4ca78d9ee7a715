-------------------------------- MODULE Phils --------------------------------
\* Dining philosophers, four steps each, for ever: the steps of bench/specs/phils.py.
EXTENDS Naturals
CONSTANT THREADS
VARIABLES taken, at
vars == <<taken, at>>

Id == 0..THREADS - 1
Right(t) == (t + 1) % THREADS

Init == taken = [t \in Id |-> FALSE] /\ at = [t \in Id |-> 0]

Take(t, fork, from, to) ==
  /\ at[t] = from /\ ~taken[fork]
  /\ taken' = [taken EXCEPT ![fork] = TRUE]
  /\ at' = [at EXCEPT ![t] = to]
Put(t, fork, from, to) ==
  /\ at[t] = from
  /\ taken' = [taken EXCEPT ![fork] = FALSE]
  /\ at' = [at EXCEPT ![t] = to]

Next == \E t \in Id :
  Take(t, t, 0, 1) \/ Take(t, Right(t), 1, 2) \/ Put(t, t, 2, 3) \/ Put(t, Right(t), 3, 0)
Spec == Init /\ [][Next]_vars
=============================================================================
