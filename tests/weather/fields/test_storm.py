from datetime import timedelta

import pytest

from core.errors import WeatherError
from weather.fields.storm import keep_known


def test_nobody_knows_a_track_ahead(track, point):
    storm = track(*(point(hours) for hours in (0, 6, 12, 18)))
    start = storm.points[0].at_utc
    assert keep_known(storm, start + timedelta(days=9)) == storm
    assert keep_known(storm, start + timedelta(hours=12)).points == storm.points[:3]
    assert keep_known(storm, start).points == storm.points[:1]
    with pytest.raises(WeatherError, match="later than that"):
        keep_known(storm, start - timedelta(seconds=1))
