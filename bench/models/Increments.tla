----------------------------- MODULE Increments -----------------------------
\* Each thread adds one to a counter, ROUNDS times, by a load and a store:
\* the steps of specs/classics/increments.
EXTENDS Naturals
CONSTANTS THREADS, ROUNDS
VARIABLES counter, value, round, loaded
vars == <<counter, value, round, loaded>>

Id == 1..THREADS

Init ==
  /\ counter = 0
  /\ value = [t \in Id |-> 0]
  /\ round = [t \in Id |-> 0]
  /\ loaded = [t \in Id |-> FALSE]

Fetch(t) ==
  /\ ~loaded[t] /\ round[t] < ROUNDS
  /\ value' = [value EXCEPT ![t] = counter]
  /\ loaded' = [loaded EXCEPT ![t] = TRUE]
  /\ UNCHANGED <<counter, round>>

Store(t) ==
  /\ loaded[t]
  /\ counter' = value[t] + 1
  /\ value' = [value EXCEPT ![t] = 0]
  /\ round' = [round EXCEPT ![t] = @ + 1]
  /\ loaded' = [loaded EXCEPT ![t] = FALSE]

Next == \E t \in Id : Fetch(t) \/ Store(t)
Spec == Init /\ [][Next]_vars
=============================================================================
