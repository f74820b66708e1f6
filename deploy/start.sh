#!/bin/sh
# Start in a container: secrets come as files, the installation is checked, then the server takes over this process.
set -eu

# `NAME_FILE` gives the content of NAME, so that no secret stands in the environment of the image
for name in CRMKPI_SECRET CRMKPI_DATABASE_PASSWORD; do
  eval "file=\${${name}_FILE:-}"
  if [ -n "$file" ]; then
    [ -r "$file" ] || { echo "E-SECRET-FILE: $name: $file cannot be read" >&2; exit 78; }
    value=$(cat "$file")
    export "$name=$value"
    unset "${name}_FILE"
  fi
done

# the password is put into the address here, percent-encoded
if [ -n "${CRMKPI_DATABASE_PASSWORD:-}" ] && [ -n "${CRMKPI_DATABASE_URL:-}" ]; then
  CRMKPI_DATABASE_URL=$(python - <<'PY'
import os
from urllib.parse import quote

print(os.environ["CRMKPI_DATABASE_URL"].replace("{password}", quote(os.environ["CRMKPI_DATABASE_PASSWORD"], safe="")))
PY
)
  export CRMKPI_DATABASE_URL
  unset CRMKPI_DATABASE_PASSWORD
fi

python -m crmkpi --lang "${CRMKPI_LANG:-en}" doctor
exec python -m streamlit run app.py "$@"
