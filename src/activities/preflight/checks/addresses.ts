import { BlockList, isIP } from 'node:net';
import type { ClusterConfig } from '../../../config/schema.ts';
import type { Finding } from '../../../contract/preflight.ts';
import type { CheckContext } from '../context.ts';
import { judge } from '../findings.ts';

const PRIVATE = privateRanges();

/** Management addresses take anybody's backup and pause calls by default, so they do not belong on a public network. */
export function checkAddresses({ config }: CheckContext): Promise<Finding[]> {
  return Promise.resolve([judgeAddresses(managementUrls(config))]);
}

export function judgeAddresses(urls: string[]): Finding {
  const exposed = urls.filter(
    (url) => new URL(url).protocol === 'http:' && isPublicAddress(new URL(url).hostname),
  );
  return judge({
    check: 'addresses.private',
    severity: 'warning',
    ok: exposed.length === 0,
    seen:
      exposed.length === 0
        ? 'no public address without TLS'
        : `public and without TLS: ${exposed.join(', ')}`,
    fix: 'reach the management ports over a private network or TLS; by default they ask for no credentials',
  });
}

function managementUrls(config: ClusterConfig): string[] {
  const { zeebe, brokers = [], webapps, operate, tasklist, optimize, searchEngine } = config;
  const endpoints = [zeebe, ...brokers, webapps, operate, tasklist, optimize, searchEngine];
  return [...new Set(endpoints.flatMap((endpoint) => (endpoint === undefined ? [] : [endpoint.url])))];
}

/** Names are not resolved: what they mean depends on where one asks. */
function isPublicAddress(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  return family !== 0 && !PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

function privateRanges(): BlockList {
  const ranges = new BlockList();
  for (const [network, prefix] of [
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
  ] as const) {
    ranges.addSubnet(network, prefix, 'ipv4');
  }
  ranges.addAddress('::1', 'ipv6');
  ranges.addSubnet('fc00::', 7, 'ipv6');
  ranges.addSubnet('fe80::', 10, 'ipv6');
  return ranges;
}
