import { z } from 'zod';
import { callJsonOk } from '../stack/http.ts';

/*
 * What a restored cluster must hold, found without any help of the product under test. Keys and positions are read as numbers,
 * which is exact for up to three partitions.
 */

const BackupStatus = z.object({
  state: z.literal('COMPLETED'),
  details: z.array(z.object({ partitionId: z.number(), checkpointPosition: z.number() })),
});

/** Partition id to checkpoint position, where a restore cuts the log: of a completed backup, from the broker's own status. */
export type Checkpoints = Map<number, number>;

export async function readCheckpoints(
  brokerManagementUrl: string,
  backupId: string | number,
): Promise<Checkpoints> {
  const status = BackupStatus.parse(
    await callJsonOk('GET', `${brokerManagementUrl}/actuator/backups/${backupId}`),
  );
  return new Map(
    status.details.map(({ partitionId, checkpointPosition }) => [partitionId, checkpointPosition]),
  );
}

/**
 * Keys of the process instances that Zeebe knows after a restore to the checkpoints. An instance exists exactly if the command
 * that led to its ELEMENT_ACTIVATED record lies at or before the checkpoint of its partition. Read it from the live cluster,
 * undisturbed and with the exporter caught up, before anything is restored. Sorted.
 */
export async function instancesAtCheckpoint(searchUrl: string, checkpoints: Checkpoints): Promise<string[]> {
  const keys: string[] = [];
  for (const [partitionId, position] of checkpoints)
    keys.push(...(await activatedUpTo(searchUrl, partitionId, position)));
  return keys.sort();
}

/** Keys of the user tasks that Zeebe knows after such a restore, whatever their state; read like the instances. Sorted. */
export async function userTasksAtCheckpoint(searchUrl: string, checkpoints: Checkpoints): Promise<string[]> {
  const keys: string[] = [];
  for (const [partitionId, position] of checkpoints) {
    const query = upTo(partitionId, position, [{ term: { intent: 'CREATED' } }]);
    const found = await searchAll(searchUrl, 'zeebe-record_user-task_*', query, 'position');
    keys.push(...found.map((source) => String(UserTaskRecord.parse(source).key)));
  }
  return keys.sort();
}

/** Keys of the user tasks in Tasklist's own index, whatever their state. Sorted. */
export async function userTasksInTasklist(searchUrl: string): Promise<string[]> {
  const query = { exists: { field: 'state' } }; // the variables of tasks have indices of the same prefix
  const found = await searchAll(searchUrl, 'tasklist-task-*', query, 'key');
  return found.map((source) => String(TasklistTask.parse(source).key)).sort();
}

/** Keys of the process instances that Operate shows to a user, by login and its public search. Sorted. */
export async function instancesShownByOperate(
  operateUrl: string,
  login: { username: string; password: string },
): Promise<string[]> {
  const headers = await logIn(operateUrl, login);
  const keys: string[] = [];
  let searchAfter: unknown[] | undefined;
  for (;;) {
    const payload = JSON.stringify({ size: 1000, sort: [{ field: 'key', order: 'ASC' }], searchAfter });
    const answer = await fetch(`${operateUrl}/v1/process-instances/search`, {
      method: 'POST',
      headers,
      body: payload,
    });
    if (!answer.ok) throw new Error(`Operate's search answered ${answer.status}: ${await answer.text()}`);
    const page = OperatePage.parse(await answer.json());
    keys.push(...page.items.map(({ key }) => String(key)));
    if (page.items.length === 0) return keys.sort();
    searchAfter = page.sortValues;
  }
}

const OperateInstance = z.object({ key: z.number() });
const OperatePage = z.object({
  items: z.array(OperateInstance),
  sortValues: z.array(z.unknown()).optional(),
});

/** Operate's session lives in a cookie, and calls that change or search need the token against request forgery as well. */
async function logIn(
  operateUrl: string,
  login: { username: string; password: string },
): Promise<Record<string, string>> {
  const answer = await fetch(`${operateUrl}/api/login`, { method: 'POST', body: new URLSearchParams(login) });
  if (!answer.ok) throw new Error(`Operate's login answered ${answer.status}`);
  const cookie = answer.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  return {
    cookie,
    'content-type': 'application/json',
    'x-csrf-token': answer.headers.get('x-csrf-token') ?? '',
  };
}

const UserTaskRecord = z.object({ key: z.number() });
const TasklistTask = z.object({ key: z.union([z.number(), z.string()]) });
const ProcessRecord = z.object({ value: z.object({ processInstanceKey: z.number() }) });

async function activatedUpTo(searchUrl: string, partitionId: number, position: number): Promise<string[]> {
  const query = upTo(partitionId, position, [
    { term: { intent: 'ELEMENT_ACTIVATED' } },
    { term: { 'value.bpmnElementType': 'PROCESS' } },
  ]);
  const found = await searchAll(searchUrl, 'zeebe-record_process-instance_*', query, 'position');
  return found.map((source) => String(ProcessRecord.parse(source).value.processInstanceKey));
}

/** Records that commands at or before the position led to. */
function upTo(partitionId: number, position: number, filters: object[]): object {
  const range = { sourceRecordPosition: { lte: position } };
  return { bool: { filter: [{ term: { partitionId } }, ...filters, { range }] } };
}

const SearchPage = z.object({
  hits: z.object({ hits: z.array(z.object({ _source: z.unknown(), sort: z.array(z.unknown()) })) }),
});

/** All documents, page by page. `sortField` must be unique among the documents found. */
async function searchAll(
  searchUrl: string,
  index: string,
  query: object,
  sortField: string,
): Promise<unknown[]> {
  await callJsonOk('POST', `${searchUrl}/${index}/_refresh`);
  const found: unknown[] = [];
  let after: unknown[] | undefined;
  for (;;) {
    const payload = { size: 5000, query, sort: [{ [sortField]: 'asc' }], search_after: after };
    const page = SearchPage.parse(await callJsonOk('POST', `${searchUrl}/${index}/_search`, payload));
    found.push(...page.hits.hits.map(({ _source }) => _source));
    after = page.hits.hits.at(-1)?.sort;
    if (after === undefined) return found;
  }
}
