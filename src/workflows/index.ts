export { backup } from './backup.ts';
export { backupWindow } from './backupWindow.ts';
export { sentinel } from './sentinel.ts';
