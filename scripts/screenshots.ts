import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { chromium, type Page } from 'playwright-core';
import { writeConfig } from '../sandbox/demo/config.ts';
import { startWorker } from '../sandbox/demo/product.ts';
import { startServices, type Service } from '../sandbox/demo/services.ts';
import { startPlatform } from '../sandbox/platform/platform.ts';
import { startSimulator, type Simulator } from '../sandbox/simulator/startSimulator.ts';
import { findOnPath } from '../sandbox/stack/findOnPath.ts';
import { poll } from '../sandbox/stack/poll.ts';
import { runSql, type Postgres } from '../sandbox/stack/postgres.ts';
import {
  APPROVE_UPDATE,
  BACKUP_WORKFLOW,
  GET_STATUS_QUERY,
  RESTORE_WORKFLOW,
  TASK_QUEUE,
  windowWorkflowId,
} from '../src/contract/names.ts';
import type { RestoreStatus } from '../src/contract/restore.ts';
import type { WindowStatus } from '../src/contract/status.ts';

/**
 * Takes the pictures of docs/temporal-ui.md: runs in every state that people meet, in the real Temporal UI, in Chromium.
 * `npm run screenshots`; needs `chromium` on PATH (apt-get install chromium). Each state is reached, then looked at.
 */
const OUT = path.join(import.meta.dirname, '..', 'docs', 'images');
const WAIT_MS = 60_000;

type Lab = { client: Client; simulator: Simulator; postgres: Postgres; uiUrl: string };

const dataDir = mkdtempSync(path.join(tmpdir(), 'safepoint-screenshots-'));
const running: Service[] = [];

async function start({ client }: Lab, workflowId: string, input: unknown): Promise<string> {
  await client.workflow.start(BACKUP_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId, args: [input] });
  return workflowId;
}

async function ended(client: Client, workflowId: string): Promise<void> {
  await client.workflow
    .getHandle(workflowId)
    .result()
    .catch(() => undefined);
}

async function windowIs({ client }: Lab, reached: (status: WindowStatus) => boolean): Promise<void> {
  await poll('the window is there', WAIT_MS, async () => {
    const window = client.workflow.getHandle(windowWorkflowId('demo'));
    const status = await window.query<WindowStatus>(GET_STATUS_QUERY).catch(() => null);
    return status !== null && reached(status) ? true : undefined;
  });
}

type View = 'timeline' | 'user-metadata';

/** A state of a run, how it comes about, and the pages that are looked at: of the run, and of its window. */
type Shot = {
  name: string;
  pages: View[];
  windowPages?: View[];
  reach: (lab: Lab, page: Page) => Promise<string>; // gives the workflow id
  leave?: (lab: Lab, workflowId: string) => Promise<void>;
};

const shots: Shot[] = [
  {
    name: 'completed',
    pages: ['user-metadata'],
    reach: (lab, page) => startByForm(lab, page, 'backup-demo-completed'),
  },
  {
    name: 'restore-waiting',
    pages: ['user-metadata'],
    reach: planRestore,
    async leave({ client }, id) {
      await client.workflow.getHandle(id).cancel();
      await ended(client, id);
    },
  },
  {
    name: 'restored',
    pages: ['user-metadata'],
    windowPages: ['user-metadata'],
    async reach(lab) {
      await runSql(lab.postgres, 'postgres', 'drop database web_modeler', WAIT_MS); // a dump goes into an empty one only
      const id = await planRestore(lab);
      const handle = lab.client.workflow.getHandle(id);
      const { plan } = await handle.query<RestoreStatus>(GET_STATUS_QUERY);
      await handle.executeUpdate(APPROVE_UPDATE, { args: [{ digest: plan?.digest }] });
      await ended(lab.client, id);
      return id;
    },
  },
  {
    name: 'running',
    pages: ['user-metadata'],
    windowPages: ['timeline', 'user-metadata'],
    async reach(lab) {
      lab.simulator.faults.add({ state: 'partStays', part: 'webapps', word: 'IN_PROGRESS' });
      const id = await start(lab, 'backup-demo-running', { cluster: 'demo' });
      await windowIs(lab, ({ lines }) =>
        lines.some(({ name, state }) => name === 'webapps' && state === 'running'),
      );
      return id;
    },
    async leave({ client }, id) {
      await client.workflow.getHandle(id).cancel();
      await ended(client, id);
    },
  },
  {
    name: 'failed',
    pages: ['timeline', 'user-metadata'],
    async reach(lab) {
      lab.simulator.faults.add({ state: 'partFails', part: 'webapps', reason: 'repository is read-only' });
      const id = await start(lab, 'backup-demo-failed', { cluster: 'demo' });
      await ended(lab.client, id);
      return id;
    },
  },
  {
    name: 'wrong-input',
    pages: ['timeline'],
    async reach(lab) {
      const id = await start(lab, 'backup-demo-wrong-input', { cluster: 'demo', procdure: 'parallel' });
      await ended(lab.client, id);
      return id;
    },
  },
  {
    name: 'resume-failed',
    pages: ['user-metadata'],
    windowPages: ['timeline'],
    async reach(lab) {
      lab.simulator.faults.add({ on: 'POST zeebe resume', answer: { status: 500 } });
      const id = await start(lab, 'backup-demo-resume-failed', { cluster: 'demo' });
      await windowIs(lab, ({ exporting }) => exporting === 'resume-failed');
      return id;
    },
    async leave({ client }, id) {
      await ended(client, id);
    },
  },
];

/** A restore of the newest set that waits for its approval. */
async function planRestore({ client }: Lab): Promise<string> {
  const workflowId = `restore-demo-${Date.now()}`;
  const args = [{ cluster: 'demo', latest: true }];
  const handle = await client.workflow.start(RESTORE_WORKFLOW, { taskQueue: TASK_QUEUE, workflowId, args });
  await poll('the plan waits for approval', WAIT_MS, async () => {
    const status = await handle.query<RestoreStatus>(GET_STATUS_QUERY).catch(() => null);
    return status?.stage === 'approval' ? true : undefined;
  });
  return workflowId;
}

/** As people do it: the form by its link, with all but the input filled in. */
async function startByForm({ client, uiUrl }: Lab, page: Page, workflowId: string): Promise<string> {
  const fields = new URLSearchParams({ workflowId, taskQueue: TASK_QUEUE, workflowType: BACKUP_WORKFLOW });
  await page.goto(`${uiUrl}/namespaces/default/workflows/start-workflow?${fields.toString()}`, {
    waitUntil: 'load',
  });
  await page.locator('.cm-content').first().click();
  await page.keyboard.insertText('{"cluster":"demo"}');
  await page.getByRole('heading', { name: 'Start Workflow' }).click(); // the form lays out the JSON, and its button moves
  await page.getByText('"cluster": "demo"').or(page.locator('.cm-line').nth(2)).first().waitFor();
  await page.screenshot({ path: path.join(OUT, 'start.png') });
  await page.getByRole('button', { name: 'Start Workflow' }).last().click();
  await poll(`${workflowId} is started`, WAIT_MS, async () =>
    client.workflow
      .getHandle(workflowId)
      .describe()
      .then(
        () => true,
        () => undefined,
      ),
  );
  await ended(client, workflowId);
  return workflowId;
}

async function shoot(
  page: Page,
  { client, uiUrl }: Lab,
  workflowId: string,
  view: View,
  name: string,
): Promise<void> {
  const { runId } = await client.workflow.getHandle(workflowId).describe();
  const base = `${uiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}/${runId}`;
  await page.goto(`${base}/${view}`, { waitUntil: 'load' });
  // Current details are Markdown, in a frame of their own.
  const whole =
    view === 'timeline'
      ? page.getByText(/planBackup|InvalidInput|pauseExporting/)
      : page.frameLocator('#user-metadata-current-details').getByText(/since \(UTC\)|prove that it is/);
  await whole.first().waitFor({ timeout: WAIT_MS });
  await page.screenshot({ path: path.join(OUT, `${name}.png`) });
  console.log(`docs/images/${name}.png`);
}

async function main(): Promise<void> {
  const executablePath = findOnPath('chromium');
  if (executablePath === undefined) throw new Error('no chromium on PATH; apt-get install chromium');
  const keep = (service: Service) => running.push(service);
  const services = await startServices(dataDir, keep);
  const simulator = await startSimulator({ profile: '8.8', partMs: 1_000, flushDelayMs: 500 });
  keep(simulator);
  const platform = await startPlatform(simulator);
  keep(platform);
  const hooks = Object.fromEntries(
    Object.entries(platform.hooks).map(([name, { command }]) => [
      name,
      { command: ['node', ...command.slice(1)] },
    ]),
  ); // the pictures show no path of this machine
  const settings = {
    exporter: { flushDelay: '1 s' },
    budgets: { resume: '5 s' },
    attempts: 2,
    restore: { hooks },
  };
  const env = {
    SAFEPOINT_CONFIG: writeConfig(dataDir, { urls: simulator.urls, settings, description: [] }, services),
    TEMPORAL_ADDRESS: services.temporal.address,
  };
  keep(await startWorker(dataDir, env, services.temporal));
  const connection = await Connection.connect({ address: services.temporal.address });
  const { postgres, temporal } = services;
  const lab = { client: new Client({ connection }), simulator, postgres, uiUrl: temporal.uiUrl };

  mkdirSync(OUT, { recursive: true });
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 960 } });
    for (const { name, pages, windowPages = [], reach, leave } of shots) {
      const workflowId = await reach(lab, page);
      for (const view of pages) await shoot(page, lab, workflowId, view, `${name}-${view}`);
      for (const view of windowPages)
        await shoot(page, lab, windowWorkflowId('demo'), view, `${name}-window-${view}`);
      simulator.faults.clear();
      await leave?.(lab, workflowId);
    }
  } finally {
    await browser.close();
    await connection.close();
  }
}

try {
  await main();
} finally {
  for (const service of running.toReversed()) await service.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
