/* SPDX-License-Identifier: GPL-2.0 */  # E: MC006
#include <linux/fs.h>
int main(void) { return 0; }
