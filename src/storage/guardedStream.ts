import { finished, PassThrough, type Readable } from 'node:stream';

/** The same bytes; a failure of the source becomes what `toError` makes of it, an abort the reason of the signal. */
export function guardedStream(
  source: Readable,
  signal: AbortSignal | undefined,
  toError: (error: unknown) => Error,
): Readable {
  const guarded = new PassThrough();
  const onAbort = () => guarded.destroy(signal?.reason as Error);
  signal?.addEventListener('abort', onAbort, { once: true });
  finished(source, (error) => {
    if (error) guarded.destroy(signal?.aborted === true ? (signal.reason as Error) : toError(error));
  });
  guarded.once('close', () => {
    signal?.removeEventListener('abort', onAbort);
    source.destroy();
  });
  return source.pipe(guarded);
}
