"""What moved it: the bridge adds up and both depths are shown."""

from __future__ import annotations


def test_the_bridge_is_shown_at_both_depths(shop_home, opened):
    app = opened("drivers")
    assert any("Вклады складываются" in c.value for c in app.caption)
    app.button_group(key="drivers_depth").set_value("leaves").run()
    assert not app.exception, app.exception
