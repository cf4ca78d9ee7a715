/* The least and the greatest value that slots took, where another slot has a certain value. */
#ifndef MC_RANGES_H
#define MC_RANGES_H

#include "search.h"

/* Ask about `slot` in the states where slot `where` holds `value`; in all if `where` is -1. */
void mc_want_range(uint32_t slot, int32_t where, int64_t value);

/* Look at all stored states once, and answer in the order of the questions. */
void mc_report_ranges(const mc_search *search);

#endif
