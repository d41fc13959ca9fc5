/**
 * What a store says of a set. `unfinished`: in flight, or its run was killed. `unreadable`: a manifest that is not one; never
 * counts as a backup. `deleting`: its deletion has begun, and goes on with the next rotation.
 */
export const SET_STATES = ['complete', 'partial', 'failed', 'unfinished', 'unreadable', 'deleting'] as const;
export type SetState = (typeof SET_STATES)[number];
