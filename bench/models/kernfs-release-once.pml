/* A close against a drain: ->release() is called exactly once for each open file.  The routine of
 * specs/kernfs/kernfs-release-once.py as one would write it for SPIN: a lock is a bit, what is done
 * under it is a statement for each access.
 * -DTHREADS: so many close.  -DBUG=1 is the variant no_released_check.
 * -DDIES: processes end and die, else they stop at a false guard. */
#ifndef THREADS
#define THREADS 2
#endif
#ifndef BUG
#define BUG 0
#endif
#ifdef DIES
#define STOP	skip
#else
#define STOP	false
#endif

bit open_file_mutex;
bit released[THREADS];
byte calls[THREADS];

inline mutex_lock()
{
	atomic { !open_file_mutex -> open_file_mutex = 1 }
}

inline mutex_unlock()
{
	open_file_mutex = 0
}

inline kernfs_release_file(file)
{
	if
	:: !BUG && released[file]
	:: else ->
	   calls[file]++;					/* ->release() */
	   released[file] = 1
	fi
}

active [THREADS] proctype Close()
{
	mutex_lock();
	kernfs_release_file(_pid);
	mutex_unlock();
end:	STOP
}

active proctype Drain()
{
	byte file;

	mutex_lock();
	for (file : 0 .. THREADS - 1) {
		kernfs_release_file(file)
	}
	mutex_unlock();
end:	STOP
}

/* When nobody can move any more. */
active proctype Judge()
{
	byte file;

end:	atomic {
		timeout;
		for (file : 0 .. THREADS - 1) {
			assert(calls[file] == 1)
		}
	}
}
