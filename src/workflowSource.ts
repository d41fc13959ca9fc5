import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the worker takes the workflow code from: bundled at start from the source beside this file. */
export function workflowSource(): { workflowsPath: string } {
  const extension = extname(import.meta.url);
  return { workflowsPath: fileURLToPath(new URL(`./workflows/index${extension}`, import.meta.url)) };
}
