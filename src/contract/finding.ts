import { z } from 'zod';

/** A finding as the records in a store have it; see preflight.ts. */
export const FindingSchema = z.object({
  check: z.string(),
  ok: z.boolean(),
  severity: z.enum(['error', 'warning', 'info']),
  seen: z.string(),
  fix: z.string().optional(),
});
