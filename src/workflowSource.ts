import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SafepointError } from './contract/errors.ts';

const PREBUILT = 'SAFEPOINT_WORKFLOW_BUNDLE';

/** The source of the workflows, beside this file. */
export function workflowSource(): { workflowsPath: string } {
  const extension = extname(import.meta.url);
  return { workflowsPath: fileURLToPath(new URL(`./workflows/index${extension}`, import.meta.url)) };
}

/**
 * Where the worker takes the workflow code from: the file that `SAFEPOINT_WORKFLOW_BUNDLE` names, made of this very
 * version by `npm run build:workflows`, else the source, which is then bundled at each start. Fails with `InvalidConfig`.
 */
export function workflowCode(): { workflowsPath: string } | { workflowBundle: { codePath: string } } {
  const codePath = process.env[PREBUILT];
  if (codePath === undefined || codePath === '') return workflowSource();
  if (existsSync(codePath)) return { workflowBundle: { codePath } };
  throw new SafepointError(
    'InvalidConfig',
    `${PREBUILT} names ${codePath}, which does not exist; run npm run build:workflows, or unset it`,
  );
}
