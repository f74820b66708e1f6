"""`python -m crmkpi` is the same program as the installed `crmkpi`."""

from crmkpi.cli import main

raise SystemExit(main())
