-- Each thread adds one to a counter, ROUNDS times, by a load and a store:
-- specs/classics/increments.  The harness sets the constants, and `id` to a scalarset for symmetry.
const THREADS : 2;
const ROUNDS : 2;

type
  id : 1..THREADS;
  number : 0..THREADS * ROUNDS;

var
  counter : number;
  value : array [id] of number;
  round : array [id] of 0..ROUNDS;
  loaded : array [id] of boolean;

startstate begin
  counter := 0;
  for t : id do
    value[t] := 0;
    round[t] := 0;
    loaded[t] := false;
  end;
end;

ruleset t : id do
  rule "load" !loaded[t] & round[t] < ROUNDS ==> begin
    value[t] := counter;
    loaded[t] := true;
  end;
  rule "store" loaded[t] ==> begin
    counter := value[t] + 1;
    value[t] := 0;  -- a dead local is 0
    round[t] := round[t] + 1;
    loaded[t] := false;
  end;
end;
