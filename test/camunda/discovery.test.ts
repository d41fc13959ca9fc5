import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { htmlPage, startScriptedCluster, type ScriptedCluster } from './support/cluster.ts';

let older: ScriptedCluster;
let newer: ScriptedCluster;
beforeEach(async () => {
  [older, newer] = await Promise.all([startScriptedCluster('8.6'), startScriptedCluster('8.8')]);
  for (const { on } of [older, newer]) {
    on('GET /search/_cat/indices/zeebe-record*?format=json&h=index,creation.date', { json: [] });
  }
});
afterEach(() => Promise.all([older.close(), newer.close()]));

describe('camunda/discovery: discoverParts', () => {
  it('finds the parts of each generation, without any POST', async () => {
    const parts = await Promise.all([older.client.discoverParts(), newer.client.discoverParts()]);

    expect(parts).toEqual([
      ['zeebe', 'operate', 'tasklist', 'optimize'],
      ['zeebe', 'webapps', 'optimize'],
    ]);
    expect([older, newer].flatMap(({ server }) => server.linesOf('POST'))).toEqual([]);
  });

  it('finds exported records where such indices are', async () => {
    newer.on('GET /search/_cat/indices/zeebe-record*?format=json&h=index,creation.date', {
      json: [{ index: 'zeebe-record_job_8.8.0_2026-11-22', 'creation.date': '1795345172009' }],
    });

    const parts = await newer.client.discoverParts();

    expect(parts).toEqual(['zeebe', 'webapps', 'optimize', 'zeebe-records']);
  });

  it('takes Operate and Tasklist as one part where one of them offers backupHistory', async () => {
    older.server.offer('/operate', 'backups', 'health');
    older.server.offer('/tasklist', 'backupHistory', 'health');
    older.on('GET /tasklist/actuator/backupHistory?verbose=true', { json: [] });

    const parts = await older.client.discoverParts();
    const backups = await older.client.listBackups('webapps');

    expect(parts).toEqual(['zeebe', 'webapps', 'optimize']);
    expect(backups).toEqual([]);
  });

  it('asks for the lists where the index is switched off', async () => {
    older.on('GET /zeebe/actuator', { status: 404 });
    older.on('GET /zeebe/actuator/backups', { json: [] });
    older.on('GET /zeebe/actuator/cluster', { json: { brokers: [] } });
    older.on('GET /operate/actuator', { status: 404 });
    older.on('GET /operate/actuator/backups', {
      status: 404,
      json: { message: 'No repository with name [x] found' },
    });

    const parts = await older.client.discoverParts();

    expect(parts).toEqual(['zeebe', 'operate', 'tasklist', 'optimize']);
  });

  it('asks for the lists where the index leaves them out', async () => {
    newer.server.offer('/webapps', 'health');
    newer.on('GET /webapps/actuator/backupHistory', { json: [] });

    const parts = await newer.client.discoverParts();

    expect(parts).toContain('webapps');
  });

  it('says what to enable where there is no backup endpoint at all', async () => {
    newer.server.offer('/webapps', 'health', 'info');

    const discovery = newer.client.discoverParts();

    await expect(discovery).rejects.toMatchObject({
      code: 'UnexpectedAnswer',
      message: expect.stringMatching(
        /webapps: http:\S+\/webapps\/actuator offers only health, info .*backupHistory.*management\.endpoints\.web\.exposure\.include/,
      ),
    });
  });

  it('never takes the backups of a broker in the same process for those of an application', async () => {
    older.server.offer('/operate', 'backups', 'partitions', 'exporting');

    const start = older.client.startBackup('operate', '1000');

    await expect(start).rejects.toMatchObject({
      code: 'UnexpectedAnswer',
      message: expect.stringContaining('belongs to the broker'),
    });
    expect(older.server.linesOf('POST')).toEqual([]);
  });

  it('sees the broker in the same process without an index too', async () => {
    older.on('GET /operate/actuator', { status: 404 });
    older.on('GET /operate/actuator/backups', { json: [] });
    older.on('GET /operate/actuator/partitions', { json: { '1': { role: 'LEADER' } } });

    const discovery = older.client.discoverParts();

    await expect(discovery).rejects.toMatchObject({
      message: expect.stringContaining('belongs to the broker'),
    });
  });

  it('never takes the backups of an application for those of Zeebe', async () => {
    older.server.offer('/zeebe', 'backups', 'health');

    const start = older.client.startBackup('zeebe', '1000');

    await expect(start).rejects.toMatchObject({
      message: expect.stringContaining('not the one of a Zeebe gateway'),
    });
    expect(older.server.linesOf('POST')).toEqual([]);
  });

  it('quotes the page of a proxy in one line', async () => {
    newer.on('GET /zeebe/actuator', htmlPage);

    const discovery = newer.client.discoverParts();

    await expect(discovery).rejects.toMatchObject({
      code: 'UnexpectedAnswer',
      message: expect.stringMatching(
        /^zeebe: GET http:\S+\/zeebe\/actuator answered text\/html instead of JSON "<html><body> <h1>Welcome to nginx!.*"; check/,
      ),
    });
  });

  it('remembers what it found, and asks again after a failure', async () => {
    newer.on('GET /zeebe/actuator', { status: 503 }, { json: { _links: { backupRuntime: {} } } });
    newer.on('GET /zeebe/actuator/backupRuntime', { json: [] });

    await expect(newer.client.listBackups('zeebe')).rejects.toMatchObject({ code: 'EndpointUnreachable' });
    await newer.client.listBackups('zeebe');
    await newer.client.listBackups('zeebe');

    const asked = newer.server.linesOf('GET').filter((line) => line === 'GET /zeebe/actuator');
    expect(asked).toHaveLength(2);
  });
});
