#!/bin/sh
# The steps 1 to 6 of Camunda's page "Create a backup" for 8.6, as an operator puts them into a script: one after the other,
# each awaited with `sleep 5`. Like the page it does not pause exporting. Needs curl, jq and pg_dumpall.
# Environment: ZEEBE, OPERATE, TASKLIST (management addresses), PGHOST, PGPORT, PGUSER, PGPASSWORD, DUMP (file to write).
# Prints a line for each part: its name, when it began and when it was seen complete, as Unix seconds.
set -eu

# 1. Assign a backup id
BACKUP_ID=$(date +%s)

state() {
  curl --silent "$1/actuator/backups/$BACKUP_ID" | jq --raw-output .state
}

take() {
  began=$(date +%s.%N)
  curl --fail --silent --show-error --output /dev/null -X POST "$2/actuator/backups" \
    -H "Content-Type: application/json" -d "{ \"backupId\": $BACKUP_ID }"
  until [ "$(state "$2")" = COMPLETED ]; do sleep 5; done
  echo "$1 $began $(date +%s.%N)"
}

take zeebe "$ZEEBE"       # 2. Zeebe
take operate "$OPERATE"   # 3. Operate and Tasklist
take tasklist "$TASKLIST"
                          # 4. Optimize: not part of this installation

# 5. Web Modeler
began=$(date +%s.%N)
pg_dumpall --no-password -f "$DUMP" --quote-all-identifiers
echo "web-modeler $began $(date +%s.%N)"

# 6. Verify backups
for component in "$ZEEBE" "$OPERATE" "$TASKLIST"; do
  [ "$(state "$component")" = COMPLETED ]
done
tail -n 5 "$DUMP" | grep --quiet "PostgreSQL database cluster dump complete"
