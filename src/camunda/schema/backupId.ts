import { z } from 'zod';

/** A backup id in decimal digits, a 64-bit integer; comes as a number, or as a string beyond 2^53. */
export const BackupId = z.union([z.int().nonnegative().transform(String), z.string().regex(/^\d{1,19}$/)]);
export type BackupId = z.infer<typeof BackupId>;
