/** Base URLs of an installation, of the real stack or of the simulator, each ending before `/actuator`. */
export type InstallationUrls = {
  zeebe: string;
  brokers?: string[];
  restApi: string;
  searchEngine: string;
  webapps?: string;
  operate?: string;
  tasklist?: string;
  optimize?: string;
};

/** The `clusters.NAME` section of a `safepoint.yaml` for an installation of the sandbox, as plain data. */
export function clusterSettings(
  urls: InstallationUrls,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const endpoints = Object.entries({
    zeebe: urls.zeebe,
    restApi: urls.restApi,
    webapps: urls.webapps,
    operate: urls.operate,
    tasklist: urls.tasklist,
    optimize: urls.optimize,
    searchEngine: urls.searchEngine,
  }).filter(([, url]) => url !== undefined);
  return {
    ...Object.fromEntries(endpoints.map(([name, url]) => [name, { url }])),
    ...(urls.brokers === undefined ? {} : { brokers: urls.brokers.map((url) => ({ url })) }),
    ...more,
  };
}
