Dear list, this patch is wrong.  # E: MC006
