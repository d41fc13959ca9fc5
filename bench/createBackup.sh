#!/bin/sh
# The steps 1 to 6 of Camunda's page "Create a backup" for 8.6, as an operator puts them into a script: one step after the
# other, each awaited with `sleep 5`. Like the page it does not pause exporting. Needs curl, jq and pg_dumpall.
# Environment: ZEEBE, OPERATE, TASKLIST (management addresses), PGHOST, PGPORT, PGUSER, PGPASSWORD, DUMP (file to write).
# Prints a line for each step: its name, when it began and when it was seen complete, as Unix seconds.
set -eu

# 1. Assign a backup id
BACKUP_ID=$(date +%s)

trigger() {
  curl --fail --silent --show-error --output /dev/null -X POST "$1/actuator/backups" \
    -H "Content-Type: application/json" -d "{ \"backupId\": $BACKUP_ID }"
}

state() {
  curl --silent "$1/actuator/backups/$BACKUP_ID" | jq --raw-output .state
}

wait_for() {
  until [ "$(state "$1")" = COMPLETED ]; do sleep 5; done
}

# 2. Zeebe
began=$(date +%s.%N)
trigger "$ZEEBE"
wait_for "$ZEEBE"
echo "zeebe $began $(date +%s.%N)"

# 3. Operate and Tasklist: one step of the page, so both are triggered before either is awaited
began=$(date +%s.%N)
trigger "$OPERATE"
trigger "$TASKLIST"
wait_for "$OPERATE"
wait_for "$TASKLIST"
echo "operate+tasklist $began $(date +%s.%N)"

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
