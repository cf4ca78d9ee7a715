/* Prints which threads the C interpreter of the stubborn sets chooses, for the tests.
 *
 * In, as 64-bit words: for each model of the table its number of states, then the states.  Out: a
 * set of threads for each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "search.h"
#include "stubborn.h"
#include "way.h"

extern const mc_model *const mc_models[];
extern const unsigned mc_model_count;

int main(void) {
  static mc_way way;
  for (unsigned i = 0; i < mc_model_count; i++) {
    const mc_search search = {.model = mc_models[i], .has_gates = true};
    uint64_t count, state[64];
    if (search.model->words > 64 || fread(&count, sizeof count, 1, stdin) != 1) return 6;
    while (count-- > 0) {
      if (fread(state, sizeof *state, search.model->words, stdin) != search.model->words) return 7;
      uint64_t chosen = mc_choose(&search, state, &way);
      if (fwrite(&chosen, sizeof chosen, 1, stdout) != 1) return 4;
    }
  }
  return 0;
}
