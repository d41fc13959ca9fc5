import { describe, expect, it } from '@jest/globals';
import { restoreCommands, type RestoreFacts } from '../../src/domain/restoreCommands.ts';

const dump: RestoreFacts['artifacts'][number] = {
  name: 'web-modeler.sql.zst',
  database: 'web-modeler',
  key: 'prod/1000/web-modeler.sql.zst',
  sizeBytes: 1,
  rawSizeBytes: 2,
  sha256: 'a',
  rawSha256: 'b',
  compression: 'zstd',
  startedAt: '',
  completedAt: '',
  tookMs: 1,
};

describe('domain/restoreCommands', () => {
  it('names every snapshot with indices, the backup id and where each dump lies', () => {
    const snapshot = { part: 'operate', state: 'SUCCESS' };

    const commands = restoreCommands({
      backupId: '1000',
      searchEngine: {
        repository: 'camunda',
        indexPrefixes: { operate: 'operate' },
        snapshots: [
          {
            ...snapshot,
            name: 'camunda_operate_1000_8.6.0_part_1_of_6',
            indices: ['operate-list-view-8.3.0_'],
          },
          { ...snapshot, name: 'camunda_operate_1000_8.6.0_part_3_of_6', indices: [] },
        ],
      },
      artifacts: [dump],
      locate: ({ key }) => `s3://bucket/${key}`,
    });

    expect(commands.filter((command) => !command.startsWith('#'))).toEqual([
      'INDICES=$(curl -fsS "$SEARCH/_cat/indices/operate*?h=index&expand_wildcards=all"); echo "$INDICES"',
      'for index in $INDICES; do curl -fsS -X DELETE "$SEARCH/$index"; done',
      'curl -fsS -X POST "$SEARCH/_snapshot/camunda/camunda_operate_1000_8.6.0_part_1_of_6/_restore?wait_for_completion=true"',
      'bin/restore --backupId=1000',
      "echo 'a  web-modeler.sql.zst' | sha256sum --check",
      'zstd -dc < web-modeler.sql.zst | psql -X -v ON_ERROR_STOP=1 -d postgres',
    ]);
    expect(commands).toContain('# fetch s3://bucket/prod/1000/web-modeler.sql.zst');
  });

  it('decrypts what is encrypted, with the plain program', () => {
    const encryption = { type: 'age' as const, recipients: ['age1'], sizeBytes: 1, sha256: 'c' };
    const name = 'web-modeler.sql.zst.age';

    const commands = restoreCommands({
      backupId: '1000',
      searchEngine: { repository: 'camunda', indexPrefixes: {}, snapshots: [] },
      artifacts: [{ ...dump, name, encryption }],
      locate: () => 's3://bucket/key',
    });

    expect(commands).toContain(
      'age -d -i key.txt < web-modeler.sql.zst.age | zstd -dc | psql -X -v ON_ERROR_STOP=1 -d postgres',
    );
    expect(commands.join('\n')).toContain('# key.txt: the private key of one of the recipients');
  });
});
