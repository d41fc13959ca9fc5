export { backup } from './backup.ts';
export { backupWindow } from './backupWindow.ts';
export { deleteSet } from './deleteSet.ts';
export { retain } from './retain.ts';
export { replicate } from './replicate.ts';
export { sentinel } from './sentinel.ts';
export { verify } from './verify.ts';
