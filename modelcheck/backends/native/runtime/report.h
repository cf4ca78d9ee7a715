/* One JSON object per line to the host. */
#ifndef MC_REPORT_H
#define MC_REPORT_H

#include "search.h"

void mc_report_progress(const mc_search *search);

/* The findings from number `first` on. */
void mc_report_found(const mc_search *search, uint32_t first);

/* `stuck` says whether stuck states were judged. */
void mc_report_end(const mc_search *search, const char *stuck);

/* Words of a state in hexadecimal, separated by blanks. */
void mc_print_words(const uint64_t *state, uint32_t words);

#endif
