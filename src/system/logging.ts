import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import { pino } from 'pino';
import { redact } from './redact.ts';

/**
 * What the SDK takes once a process. Logs: one JSON line an entry on stderr, fixed message, variable parts as fields; level by
 * SAFEPOINT_LOG_LEVEL, default info. Metrics: those of the SDK and ours, at `/metrics` of the address, else nowhere.
 */
export function installRuntime({ metricsAddress }: { metricsAddress?: string }): void {
  const log = pino(
    {
      level: process.env.SAFEPOINT_LOG_LEVEL ?? 'info',
      base: { service: 'safepoint' },
      hooks: { streamWrite: redact },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  const write = ({ level, message, meta }: LogEntry) => {
    log[pinoLevel(level)](meta ?? {}, message);
  };
  Runtime.install({
    logger: new DefaultLogger('INFO', write),
    shutdownSignals: ['SIGINT', 'SIGTERM'],
    telemetryOptions:
      metricsAddress === undefined ? {} : { metrics: { prometheus: { bindAddress: metricsAddress } } },
  });
}

function pinoLevel(level: LogEntry['level']): 'trace' | 'debug' | 'info' | 'warn' | 'error' {
  switch (level) {
    case 'TRACE':
      return 'trace';
    case 'DEBUG':
      return 'debug';
    case 'INFO':
      return 'info';
    case 'WARN':
      return 'warn';
    case 'ERROR':
      return 'error';
  }
}
