"""The script behind every run: puts the project's root on the path and hands over to the navigation.

It lives alone in its folder, because Streamlit puts that folder first on the import path and a neighbour could
shadow a library.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from crmkpi.ui.nav import run  # noqa: E402  (needs the path above)

run()
