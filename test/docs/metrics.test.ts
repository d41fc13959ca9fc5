import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { METRICS } from '../../src/contract/metrics.ts';
import { codeSpans, pageText, root, tableRows } from './pages.ts';

const page = pageText(path.join('docs', 'metrics.md'));

describe('docs/metrics.md', () => {
  it('has every metric as the code has it, and no other', () => {
    const rows = tableRows(page, '| Metric | Kind | Unit | Labels | Meaning |');

    const said = rows.map(([name = '', kind, unit, labels = '', meaning]) => [
      codeSpans(name)[0],
      { kind, unit, labels: codeSpans(labels), meaning },
    ]);

    expect(said).toEqual(Object.entries(METRICS));
  });

  it('has every alert of the rules, and no other', () => {
    const rules = readFileSync(path.join(root, 'ops', 'prometheus', 'safepoint.rules.yml'), 'utf8');
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, alert]) => alert);

    const rows = tableRows(page, '| Alert | When |');

    expect(rows.map(([alert = '']) => codeSpans(alert)[0])).toEqual(alerts);
  });
});
