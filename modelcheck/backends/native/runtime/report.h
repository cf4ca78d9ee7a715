/* One JSON object per line to the host. */
#ifndef MC_REPORT_H
#define MC_REPORT_H

#include "search.h"

void mc_report_progress(const mc_search *search);

/* What was found that the host does not know yet, in its least witness. */
void mc_report_found(mc_search *search);

/* `stuck` says whether stuck states were judged. */
void mc_report_end(mc_search *search, const char *stuck);

/* Words of a state in hexadecimal, separated by blanks. */
void mc_print_words(const uint64_t *state, uint32_t words);

#endif
