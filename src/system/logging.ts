import { DefaultLogger, Runtime, type LogEntry } from '@temporalio/worker';
import { pino } from 'pino';

/** One JSON line an entry on stderr: fixed message, variable parts as fields. Level by SAFEPOINT_LOG_LEVEL, default info. */
export function installLogging(): void {
  const log = pino(
    { level: process.env.SAFEPOINT_LOG_LEVEL ?? 'info', base: { service: 'safepoint' } },
    pino.destination({ dest: 2, sync: true }),
  );
  const write = ({ level, message, meta }: LogEntry) => {
    log[pinoLevel(level)](meta ?? {}, message);
  };
  Runtime.install({ logger: new DefaultLogger('INFO', write), shutdownSignals: ['SIGINT', 'SIGTERM'] });
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
