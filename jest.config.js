/** Real servers are shared by the files of a run, and two cores are all a CI machine has: one worker. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  testTimeout: 30_000,
  maxWorkers: 1,
  setupFiles: ['<rootDir>/test/noPromiseHooks.js'],
  reporters: ['default', 'summary', '<rootDir>/test/reporter.js'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript' },
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};
