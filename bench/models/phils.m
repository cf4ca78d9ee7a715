-- Dining philosophers, four steps each, for ever: the steps of bench/specs/phils.py.
-- The harness sets the constant.  ASYM 1 is the variant asym.
const THREADS : 4;
const ASYM : 0;

type
  id : 0..THREADS - 1;

var
  taken : array [id] of boolean;
  at : array [id] of 0..3;

function left(t : id) : id; begin
  if ASYM = 1 & t = THREADS - 1 then return 0; end;
  return t;
end;

function right(t : id) : id; begin
  if ASYM = 1 & t = THREADS - 1 then return t; end;
  return (t + 1) % THREADS;
end;

startstate begin
  for t : id do
    taken[t] := false;
    at[t] := 0;
  end;
end;

ruleset t : id do
  rule "take left" at[t] = 0 & !taken[left(t)] ==> begin taken[left(t)] := true; at[t] := 1; end;
  rule "take right" at[t] = 1 & !taken[right(t)] ==> begin taken[right(t)] := true; at[t] := 2; end;
  rule "put left" at[t] = 2 ==> begin taken[left(t)] := false; at[t] := 3; end;
  rule "put right" at[t] = 3 ==> begin taken[right(t)] := false; at[t] := 0; end;
end;
