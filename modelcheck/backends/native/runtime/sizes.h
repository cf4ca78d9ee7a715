/* Sizes on which only speed depends.  Tests make them tiny (`-DMC_BATCH=3`), so that small programs
 * meet what only large ones meet otherwise: full groups, equal tags, growth, several workers. */
#ifndef MC_SIZES_H
#define MC_SIZES_H

/* The store: slots of a group (1,024 are 8 KiB; at least a cache line's 8) and groups of a fresh table
 * (of its 512 KiB only what is used gets touched), as bits. */
#ifndef MC_GROUP_BITS
#define MC_GROUP_BITS 10
#endif
#ifndef MC_FIRST_GROUPS
#define MC_FIRST_GROUPS 6
#endif

/* Load at which the table doubles, in 1/100.  A group of 1,024 slots with a mean of 820 entries is
 * full once in 10^10 (six standard deviations); should it be, the table doubles earlier. */
#ifndef MC_FULL_PERCENT
#define MC_FULL_PERCENT 80
#endif

/* The bits of a slot that number a state; the others are its tag. */
#ifndef MC_NUMBER_BITS
#define MC_NUMBER_BITS 36
#endif

/* States of the arena that a worker takes at a time. */
#ifndef MC_SMALLEST_PIECE
#define MC_SMALLEST_PIECE 64
#endif
#ifndef MC_LARGEST_PIECE
#define MC_LARGEST_PIECE 4096
#endif

/* Candidates after which they are looked up. */
#ifndef MC_BATCH
#define MC_BATCH 256
#endif

/* States of a level that a worker takes at a time. */
#ifndef MC_SMALLEST_UNIT
#define MC_SMALLEST_UNIT 64
#endif
#ifndef MC_LARGEST_UNIT
#define MC_LARGEST_UNIT 1024
#endif

/* States; waking the crew for a smaller level would cost more than it gains. */
#ifndef MC_SMALL_LEVEL
#define MC_SMALL_LEVEL 8192
#endif

#endif
