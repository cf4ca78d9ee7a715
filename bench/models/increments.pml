/* Each thread adds one to a counter, ROUNDS times, by a load and a store: specs/classics/increments.
 * Build with `spin -o3`, or statements are merged.  A finished process stays where it is. */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

byte counter;

active [THREADS] proctype Increment()
{
	byte round, value;

	do
	:: atomic { round < ROUNDS -> value = counter };
	   d_step { counter = value + 1; value = 0; round++ }	/* a dead local is 0 */
	od
}
