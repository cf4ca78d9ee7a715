-------------------------------- MODULE Filter --------------------------------
\* The filter lock, the whole waiting condition in one step: the steps of
\* bench/specs/filter.py.
EXTENDS Naturals
CONSTANT THREADS
VARIABLES at, j, level, turn
vars == <<at, j, level, turn>>

Id == 0..THREADS - 1

Init ==
  /\ at = [t \in Id |-> 0]
  /\ j = [t \in Id |-> 0]
  /\ level = [t \in Id |-> 0]
  /\ turn = [n \in 0..THREADS |-> 0]

Begin(t) ==
  /\ at[t] = 0
  /\ j' = [j EXCEPT ![t] = 1]
  /\ at' = [at EXCEPT ![t] = 1]
  /\ UNCHANGED <<level, turn>>
SayTheLevel(t) ==
  /\ at[t] = 1
  /\ level' = [level EXCEPT ![t] = j[t]]
  /\ at' = [at EXCEPT ![t] = 2]
  /\ UNCHANGED <<j, turn>>
BeTheLast(t) ==
  /\ at[t] = 2
  /\ turn' = [turn EXCEPT ![j[t]] = t]
  /\ at' = [at EXCEPT ![t] = 3]
  /\ UNCHANGED <<j, level>>
Pass(t) ==
  /\ at[t] = 3
  /\ (turn[j[t]] # t \/ \A k \in Id : k = t \/ level[k] < j[t])
  /\ IF j[t] + 1 < THREADS
       THEN j' = [j EXCEPT ![t] = @ + 1] /\ at' = [at EXCEPT ![t] = 1]
       ELSE j' = [j EXCEPT ![t] = 0] /\ at' = [at EXCEPT ![t] = 4]
  /\ UNCHANGED <<level, turn>>
Leave(t) ==
  /\ at[t] = 4
  /\ level' = [level EXCEPT ![t] = 0]
  /\ at' = [at EXCEPT ![t] = 0]
  /\ UNCHANGED <<j, turn>>

Next == \E t \in Id : Begin(t) \/ SayTheLevel(t) \/ BeTheLast(t) \/ Pass(t) \/ Leave(t)
Spec == Init /\ [][Next]_vars

AtMostOneInside == \A a, b \in Id : a = b \/ at[a] # 4 \/ at[b] # 4
=============================================================================
