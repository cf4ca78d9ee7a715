/* The filter lock, the whole waiting condition in one step: the steps of bench/specs/filter.py.
 * Build with `spin -o3`, or statements are merged.  Two to five threads. */
#ifndef THREADS
#define THREADS 3
#endif

byte level[THREADS];
byte turn[THREADS + 1];
byte inside;

#define BEHIND(k)	(_pid == k || level[k] < j)
#if THREADS == 2
#define ALL_BEHIND	(BEHIND(0) && BEHIND(1))
#elif THREADS == 3
#define ALL_BEHIND	(BEHIND(0) && BEHIND(1) && BEHIND(2))
#elif THREADS == 4
#define ALL_BEHIND	(BEHIND(0) && BEHIND(1) && BEHIND(2) && BEHIND(3))
#else
#define ALL_BEHIND	(BEHIND(0) && BEHIND(1) && BEHIND(2) && BEHIND(3) && BEHIND(4))
#endif
#define PASSES		(turn[j] != _pid || ALL_BEHIND)

active [THREADS] proctype Enter()
{
	byte j;

again:	j = 1;
next:	level[_pid] = j;
	turn[j] = _pid;
	if
	:: atomic { PASSES && j + 1 < THREADS -> j++ };
	   goto next
	:: atomic { PASSES && j + 1 >= THREADS -> j = 0; inside++; assert(inside == 1) }
	fi;
	d_step { inside--; level[_pid] = 0 };
	goto again
}
