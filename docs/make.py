"""Write the pages of the documentation that are made from the code: python docs/make.py"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from crmkpi.report.files_page import write_files_page  # noqa: E402
from crmkpi.report.metrics_page import write_metrics_page  # noqa: E402

if __name__ == "__main__":
    write_files_page(HERE)
    write_metrics_page(HERE)
