# E: MC008
# comments only
