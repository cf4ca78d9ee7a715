/* Dining philosophers, four steps each, for ever: the steps of bench/specs/phils.py.
 * -DASYM=1 is its variant asym.  Build with `spin -o3`, or statements are merged. */
#ifndef THREADS
#define THREADS 4
#endif
#ifndef ASYM
#define ASYM 0
#endif

#define TURNED	(ASYM && _pid == THREADS - 1)
#define LEFT	(TURNED -> 0 : _pid)
#define RIGHT	(TURNED -> _pid : (_pid + 1) % THREADS)

bit taken[THREADS];

active [THREADS] proctype Dine()
{
	do
	:: atomic { taken[LEFT] == 0 -> taken[LEFT] = 1 };
	   atomic { taken[RIGHT] == 0 -> taken[RIGHT] = 1 };
	   taken[LEFT] = 0;
	   taken[RIGHT] = 0
	od
}
