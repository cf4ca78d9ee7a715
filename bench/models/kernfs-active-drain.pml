/* kernfs removes a file only when no operation runs in it: active references and the drain.  The
 * routine of specs/kernfs/kernfs-active-drain.py as one would write it for SPIN: a lock is a bit, an
 * atomic_t a variable, the wait queue two bits of each who may wait, a wake-up one step.
 * -DTHREADS: so many write.  -DBUG=1 is the variant put_no_wake (there with one remover).
 * -DDIES: processes end and die, else they stop at a false guard. */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef REMOVERS
#define REMOVERS 2
#endif
#ifndef BUG
#define BUG 0
#endif
#ifdef DIES
#define STOP	skip
#else
#define STOP	false
#endif

#define BIAS	16
#define ME	(_pid - THREADS)	/* of a remover */

bit node_alive = 1;
byte count = THREADS + 1;	/* the base reference, and the inodes of the open files */
short active_refs;
bit linked = 1;
bit found = 1;			/* the directory leads to the node */
bit priv_alive = 1;

bit kernfs_rwsem;		/* nobody takes it for reading */
bit queued[REMOVERS];		/* on deactivate_waitq */
bit asleep[REMOVERS];

/* What is asserted. */
byte inflight;
bit drained;
byte base_puts;

inline down_write()
{
	atomic { !kernfs_rwsem -> kernfs_rwsem = 1 }
}

inline up_write()
{
	kernfs_rwsem = 0
}

inline wake_up_all()
{
	d_step {
		i = 0;
		do
		:: i < REMOVERS ->
		   if
		   :: queued[i] -> queued[i] = 0; asleep[i] = 0
		   :: else
		   fi;
		   i++
		:: else -> break
		od;
		i = 0
	}
}

inline kernfs_put()
{
	d_step { assert(node_alive && count > 0); count--; last = (count == 0) };
	if
	:: last -> d_step { assert(active_refs == -BIAS); node_alive = 0; last = 0 }
	:: else
	fi
}

active [THREADS] proctype Write()
{
	bit last;
	byte i;

	if
	:: atomic {
		active_refs >= 0 ->			/* atomic_inc_unless_negative */
		assert(node_alive && !drained);
		active_refs++;
		inflight++
	   };
	   d_step { assert(priv_alive); inflight-- };	/* ->write() */
	   d_step { assert(node_alive); active_refs--; last = (active_refs == -BIAS) };
	   if
	   :: last && !BUG -> last = 0; wake_up_all()
	   :: else -> last = 0
	   fi
	:: atomic { active_refs < 0 -> assert(node_alive) }
	fi;
	kernfs_put();
end:	STOP
}

inline wait_until_drained()
{
	do
	:: d_step { queued[ME] = 1; asleep[ME] = 1 };	/* prepare_to_wait */
	   if
	   :: active_refs == -BIAS -> break
	   :: else -> !asleep[ME]			/* schedule */
	   fi
	od;
	atomic { queued[ME] = 0; asleep[ME] = 0 }	/* finish_wait */
}

inline kernfs_drain()
{
	if
	:: active_refs == -BIAS
	:: else ->
	   up_write();
	   wait_until_drained();
	   down_write()
	fi;
	d_step { drained = 1; assert(inflight == 0) }
}

active [REMOVERS] proctype Remove()
{
	bit last;
	bit unlinked;

	down_write();
	if
	:: found && linked ->
	   if
	   :: active_refs >= 0 -> active_refs = active_refs - BIAS
	   :: else
	   fi;
	   d_step { assert(node_alive); count++ };
	   kernfs_drain();
	   d_step { assert(node_alive); unlinked = linked; linked = 0; found = 0 };
	   if
	   :: unlinked -> unlinked = 0; base_puts++; kernfs_put()
	   :: else
	   fi;
	   kernfs_put()
	:: else
	fi;
	up_write();
	if
	:: ME == 0 -> d_step { assert(priv_alive); priv_alive = 0 }
	:: else
	fi;
end:	STOP
}

/* When nobody can move any more. */
active proctype Judge()
{
end:	atomic { timeout -> assert(base_puts == 1 && !node_alive && !priv_alive) }
}
