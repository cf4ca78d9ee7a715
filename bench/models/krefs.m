-- Threads take references to one object under a lock; a remover waits for them and frees it:
-- the steps of bench/specs/krefs.py.
-- The harness sets the constant, and `id` to a scalarset for symmetry; the lock is a flag, for its
-- holder's name is known from where the threads stand.
const THREADS : 3;

type
  id : 1..THREADS;

var
  at : array [id] of 0..11;
  remover : 0..5;
  fd : array [id] of boolean;
  lock : boolean;
  dying : boolean;
  freed : boolean;
  refs : 0..THREADS;

startstate begin
  for t : id do
    at[t] := 0;
    fd[t] := false;
  end;
  remover := 0;
  lock := false;
  dying := false;
  freed := false;
  refs := 0;
end;

ruleset t : id do
  rule "open" at[t] = 0 ==> begin fd[t] := true; at[t] := 1; end;
  rule "lock first" at[t] = 1 & !lock ==> begin lock := true; at[t] := 2; end;
  rule "get" at[t] = 2 & !dying ==> begin refs := refs + 1; at[t] := 4; end;
  rule "gone" at[t] = 2 & dying ==> begin at[t] := 3; end;
  rule "unlock when gone" at[t] = 3 ==> begin lock := false; at[t] := 10; end;
  rule "unlock first" at[t] = 4 ==> begin lock := false; at[t] := 5; end;
  rule "use" at[t] = 5 ==> begin assert !freed; at[t] := 6; end;
  rule "work" at[t] = 6 ==> begin fd[t] := true; at[t] := 7; end;
  rule "lock again" at[t] = 7 & !lock ==> begin lock := true; at[t] := 8; end;
  rule "put" at[t] = 8 ==> begin refs := refs - 1; at[t] := 9; end;
  rule "unlock again" at[t] = 9 ==> begin lock := false; at[t] := 10; end;
  rule "close" at[t] = 10 ==> begin fd[t] := false; at[t] := 11; end;
end;

rule "remover locks" remover = 0 & !lock ==> begin lock := true; remover := 1; end;
rule "remover marks" remover = 1 ==> begin dying := true; remover := 2; end;
rule "remover unlocks" remover = 2 ==> begin lock := false; remover := 3; end;
rule "remover waits" remover = 3 & refs = 0 ==> begin remover := 4; end;
rule "remover frees" remover = 4 ==> begin freed := true; remover := 5; end;
