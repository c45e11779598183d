"""How pictures look that people are shown: said once, since several rooms draw or explain them."""

import numpy as np

GREY_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)
"""Brightness of red, green and blue (ITU-R BT.601)."""

HEAT_STOPS = ("#00224e", "#575d6d", "#a59c74", "#fee838")
"""Tint from "looked at little" to "looked at most": stops of cividis (Nunez et al. 2018), which
reads alike for every kind of colour vision. Pictures are tinted with them, legends show them."""

SCENE_JPEG_QUALITY = 95
"""Of pixels that are graded later: small roof damage must survive a second compression."""

CHIP_JPEG_QUALITY = 82
"""Of one building's picture: shingles and debris stay visible, thousands fit into one map."""

BACKDROP_JPEG_QUALITY = 60
"""Of a scene under the map, where only streets and roofs are told apart."""
