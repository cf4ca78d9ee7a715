/* Threads take references to one object under a lock; a remover waits for them and frees it:
 * the steps of bench/specs/krefs.py.  -DBUG=1 is its variant test_before_lock.
 * Build with `spin -o3`, or statements are merged.
 * -DDIES: processes end and die, else they stop at a false guard. */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef BUG
#define BUG 0
#endif
#ifdef DIES
#define STOP	skip
#else
#define STOP	false
#endif

byte lock;		/* 0: free; else who holds it, from 1 */
bit dying;
bit freed;
byte refs;

inline take()
{
	atomic { lock == 0 -> lock = _pid + 1 }
}

active [THREADS] proctype Use()
{
	bit fd;

	fd = 1;						/* open */
#if BUG
	if
	:: dying;
	   take();
	   lock = 0
	:: !dying;
	   take();
	   refs++;
#else
	take();
	if
	:: dying;
	   lock = 0
	:: atomic { !dying -> refs++ };
#endif
	   lock = 0;
	   assert(!freed);				/* use */
	   fd = 1;					/* work */
	   take();
	   refs--;
	   lock = 0
	fi;
	fd = 0;						/* close */
end:	STOP
}

active proctype Remove()
{
	take();
	dying = 1;
	lock = 0;
	refs == 0;
	freed = 1;
end:	STOP
}
