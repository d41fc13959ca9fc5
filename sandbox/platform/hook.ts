/** A hook of the sandbox: asks the platform, whose address is the argument, and waits for the end of it. */
const { SAFEPOINT_HOOK: hook, SAFEPOINT_BACKUP_ID: backupId } = process.env;
const answer = await fetch(process.argv[2] ?? '', {
  method: 'POST',
  body: JSON.stringify({ hook, backupId }),
});
console.log(await answer.text());
process.exitCode = answer.ok ? 0 : 1;
