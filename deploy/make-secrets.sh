#!/bin/sh
# Two secrets of 256 bits, readable by you alone; existing ones are kept (a new app_secret signs everybody out).
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
for name in app_secret db_password; do
  [ -s "secrets/$name" ] && continue
  python3 -c "import secrets; print(secrets.token_urlsafe(32), end='')" > "secrets/$name"
  echo "made deploy/secrets/$name"
done
# the container's user (10001) reads them through the mount; the database starts as root and reads everything
if [ "$(id -u)" = 0 ]; then
  chown 10001 secrets/app_secret secrets/db_password
  chmod 0711 secrets
  chmod 0400 secrets/app_secret secrets/db_password
else
  chmod 0711 secrets
  chmod 0444 secrets/app_secret secrets/db_password
  echo "not run as root: other users of this machine could read the two files; run it with sudo to close that" >&2
fi
