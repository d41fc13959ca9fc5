import { createObjectStore } from '../../src/storage/objectStore.ts';
import { startAzure } from './azureFixture.ts';
import { sessionsOfUploads, startGcs } from './gcsFixture.ts';
import { startS3 } from './s3Fixture.ts';
import { describeStoreFaults } from './storeFaults.ts';

describeStoreFaults('storage/s3', async () => {
  const server = await startS3();
  process.env.TEST_S3_STRANGER = 'the-key-of-a-stranger';
  return {
    ...server,
    open: (endpoint) => createObjectStore('s3', { ...server.config, endpoint }),
    openDenied: (endpoint) => ({
      store: createObjectStore('s3', {
        ...server.config,
        endpoint,
        secretAccessKey: { env: 'TEST_S3_STRANGER' },
      }),
      secret: 'the-key-of-a-stranger',
    }),
    listsUnfinished: true,
    isPart: (line) => line.includes('partNumber='),
    isCompletion: (line) => line.startsWith('POST') && line.includes('uploadId='),
    lostCompletions: Infinity,
    isCreation: (line) => line.startsWith('PUT') && line.includes('lost/own'),
  };
});

describeStoreFaults('storage/azure', async () => {
  const server = await startAzure();
  process.env.TEST_AZURE_STRANGER = Buffer.from('the-key-of-a-stranger').toString('base64');
  return {
    ...server,
    open: (endpoint) => createObjectStore('azure', { ...server.config, endpoint: withAccount(endpoint) }),
    openDenied: (endpoint) => ({
      store: createObjectStore('azure', {
        ...server.config,
        endpoint: withAccount(endpoint),
        accountKey: { env: 'TEST_AZURE_STRANGER' },
      }),
      secret: process.env.TEST_AZURE_STRANGER ?? '',
    }),
    endpoint: new URL(server.endpoint).origin,
    listsUnfinished: true,
    isPart: (line) => line.includes('comp=block&'),
    isCompletion: (line) => line.includes('comp=blocklist') && line.startsWith('PUT'),
    lostCompletions: Infinity,
    isCreation: (line) => line.startsWith('PUT') && /lost(\/|%2F)own/.test(line),
  };
});

describeStoreFaults('storage/gcs', async () => {
  const server = await startGcs();
  return {
    ...server,
    open: (endpoint) => createObjectStore('gcs', { ...server.config, endpoint }),
    openDenied: (endpoint) => {
      server.tokens.status = 400;
      server.tokens.body = { error: 'invalid_grant', error_description: 'not who-we-are' };
      return { store: createObjectStore('gcs', { ...server.config, endpoint }), secret: 'token-of-the-test' };
    },
    listsUnfinished: false,
    unfinished: () => Promise.resolve([]), // sessions are listed nowhere
    standIn: sessionsOfUploads(),
    isPart: (line) => line.startsWith('PUT'),
    isCompletion: (line) => line.startsWith('PUT'),
    lostCompletions: 1,
    isCreation: (line) => line.startsWith('POST') && line.includes('lost%2Fown'),
  };
});

function withAccount(endpoint: string): string {
  return endpoint.endsWith('/safepoint') ? endpoint : `${endpoint}/safepoint`;
}
