import { z } from 'zod';

const Pair = (source: string) =>
  z.strictObject({
    from: z.string().min(1).describe(`Name of the store whose prefix is ${source}; it is only read`),
    to: z.string().min(1).describe('Name of the store that takes the copy; nobody else may write there'),
  });

export const ReplicateConfig = z.strictObject({
  zeebe: Pair('the base path of the backup store of Zeebe').optional().describe('Copies the backup of Zeebe'),
  snapshots: Pair('the base path of the snapshot repository')
    .optional()
    .describe('Copies the snapshot repository, as a whole, while no snapshot runs'),
  afterBackup: z
    .boolean()
    .default(false)
    .describe('true: every backup ends with it; what fails there never fails the backup'),
});
export type ReplicateConfig = z.infer<typeof ReplicateConfig>;
