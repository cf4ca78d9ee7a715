-- The filter lock, the whole waiting condition in one step: the steps of bench/specs/filter.py.
-- The harness sets the constant.
const THREADS : 3;

type
  id : 0..THREADS - 1;
  number : 0..THREADS;

var
  at : array [id] of 0..4;
  j : array [id] of number;
  level : array [id] of number;
  turn : array [number] of id;

startstate begin
  for t : id do
    at[t] := 0;
    j[t] := 0;
    level[t] := 0;
  end;
  for n : number do turn[n] := 0; end;
end;

ruleset t : id do
  rule "begin" at[t] = 0 ==> begin j[t] := 1; at[t] := 1; end;
  rule "say the level" at[t] = 1 ==> begin level[t] := j[t]; at[t] := 2; end;
  rule "be the last" at[t] = 2 ==> begin turn[j[t]] := t; at[t] := 3; end;
  rule "pass"
    at[t] = 3 & (turn[j[t]] != t | forall k : id do k = t | level[k] < j[t] end) ==>
  begin
    if j[t] + 1 < THREADS then
      j[t] := j[t] + 1;
      at[t] := 1;
    else
      j[t] := 0;
      at[t] := 4;
    end;
  end;
  rule "leave" at[t] = 4 ==> begin level[t] := 0; at[t] := 0; end;
end;

invariant "at most one inside"
  forall a : id do forall b : id do a = b | at[a] != 4 | at[b] != 4 end end;
