import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { cacheRoot } from './cache.ts';
import { camundaPieceName } from './downloads/maven.ts';
import { callJson } from './http.ts';
import { startProcess, waitUntilReady, type RunningProcess } from './process.ts';

/** One Camunda process that can be started, stopped and killed again and again, on the same ports. */
export interface App {
  name: string;
  /** Web and REST address. */
  url: string;
  /** Address before `/actuator`. */
  managementUrl: string;
  logFile: string;
  isRunning(): boolean;
  /** Undefined while it is not running. */
  pid(): number | undefined;
  /** Resolves when it is ready; does nothing when it runs already. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Default SIGKILL; SIGSTOP and SIGCONT freeze and thaw it. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

type JavaProgram = {
  name: string;
  mainClass: string;
  /** Folder of the Camunda distribution. */
  home: string;
  configFile: string;
  /** Its own logs and working files lie in a folder of its name below this one. */
  folder: string;
};

export type AppSpec = JavaProgram & {
  java: string;
  logs: string;
  profiles: string;
  ports: { http: number; management: number };
  /** More settings, as environment variables. */
  env?: Record<string, string>;
  /** Asked after health says ready. */
  isReady?: (url: string) => Promise<boolean>;
};

const readyTimeoutMs = 240_000;
/** The first stop of a program writes its class data archive, which takes a while on a busy machine. */
const stopTimeoutMs = 120_000;

export function createApp(spec: AppSpec): App {
  const url = `http://127.0.0.1:${spec.ports.http}`;
  const managementUrl = `http://127.0.0.1:${spec.ports.management}`;
  const logFile = path.join(spec.logs, `${spec.name}.log`);
  let running: RunningProcess | undefined;
  const isRunning = () => running?.isRunning() ?? false;
  return {
    name: spec.name,
    url,
    managementUrl,
    logFile,
    isRunning,
    pid: () => (isRunning() ? running?.pid : undefined),
    async start() {
      if (isRunning()) return;
      mkdirSync(path.join(spec.folder, spec.name), { recursive: true });
      running = await startProcess({
        name: spec.name,
        command: spec.java,
        args: javaArguments(spec),
        logFile,
        stopTimeoutMs,
        cwd: path.join(spec.folder, spec.name),
        env: {
          SPRING_PROFILES_ACTIVE: spec.profiles,
          SERVER_PORT: String(spec.ports.http),
          MANAGEMENT_SERVER_PORT: String(spec.ports.management),
          ...spec.env,
        },
      });
      await waitUntilReady(running, readyTimeoutMs, async () => {
        const health = await callJson('GET', `${managementUrl}/actuator/health/readiness`);
        if (health.status !== 200) return undefined;
        return spec.isReady === undefined || (await spec.isReady(url)) ? true : undefined;
      });
    },
    async stop() {
      await running?.stop();
    },
    async kill(signal) {
      await running?.kill(signal);
    },
  };
}

/**
 * What the scripts of the distribution pass to Java, less the shell around it. The class data archive is written by Java itself
 * when a program first ends, and makes later starts cheaper; it demands a class path of jars only, so `config` is named otherwise.
 */
export function javaArguments({ name, mainClass, home, configFile, folder }: JavaProgram): string[] {
  const own = path.join(folder, name);
  const defaults = path.join(home, 'config');
  return [
    ...['-Xmx900m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-XX:+ExitOnOutOfMemoryError'],
    ...['-XX:+AutoCreateSharedArchive', `-XX:SharedArchiveFile=${classArchive(name)}`],
    '--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED',
    '--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED',
    '--add-opens=java.base/java.nio=ALL-UNNAMED',
    '-Dfile.encoding=UTF-8',
    `-Dapp.name=${name}`,
    `-Dapp.home=${own}`,
    `-Dbasedir=${own}`,
    `-Dlog4j2.configurationFile=file:${path.join(defaults, 'log4j2.xml')}`,
    `-Dspring.config.additional-location=file:${path.join(defaults, 'application.yaml')},file:${configFile}`,
    ...['-classpath', path.join(home, 'lib', '*'), mainClass],
  ];
}

function classArchive(name: string): string {
  const folder = path.join(cacheRoot(), 'class-archives');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, `${camundaPieceName}-${name}.jsa`);
}
