import { z } from 'zod';

/** Names end up in object keys, workflow ids and file names. Checked in `checks.ts`, together with all other problems. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9-]*$';
export const Name = z.string().meta({ pattern: NAME_PATTERN });
