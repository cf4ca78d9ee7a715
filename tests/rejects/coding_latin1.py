# -*- coding: latin-1 -*-  # E: MC004
spec = 1
