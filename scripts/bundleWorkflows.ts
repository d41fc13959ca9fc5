import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { workflowSource } from '../src/workflowSource.ts';

/** Writes the workflow code as one file for `SAFEPOINT_WORKFLOW_BUNDLE`, so that a worker starts without bundling it. */
export async function bundleWorkflows(file: string): Promise<void> {
  const { code } = await bundleWorkflowCode({ ...workflowSource(), logger: new DefaultLogger('ERROR') });
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, code);
}

if (import.meta.main) {
  await bundleWorkflows(process.argv[2] ?? path.join(import.meta.dirname, '..', 'dist', 'workflows.js'));
}
