import { readFileSync } from 'node:fs';

/**
 * Loaded before the worker (`node --import`): its clock is as many milliseconds off as the file says, and changes with it.
 * Timers and `performance.now()` are not touched, as with a clock that somebody sets.
 */
const file = process.env['FAULTS_CLOCK_FILE'] ?? '';
const RealDate = Date;
const READ_EVERY_MS = 50;
let offsetMs = 0;
let readAtMs = -Infinity;

function shiftedNow(): number {
  if (performance.now() - readAtMs > READ_EVERY_MS) {
    offsetMs = Number(readFileSync(file, 'utf8'));
    readAtMs = performance.now();
  }
  return RealDate.now() + offsetMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [shiftedNow()] : args, newTarget) as Date,
  get: (target, key, receiver) =>
    key === 'now' ? shiftedNow : (Reflect.get(target, key, receiver) as unknown),
});
