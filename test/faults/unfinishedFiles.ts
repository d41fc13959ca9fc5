import { readdirSync } from 'node:fs';

/** What a folder store holds of objects that nobody finished, in and below the folder. */
export function unfinishedFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.unfinished'),
  );
}
