/** The import rules of ARCHITECTURE.md. `npm run check:imports` */
const adapters = '^src/(camunda|database|hooks|storage|system)/';
const schemas = '^src/contract/(backup|manifest|intent|failure|pauseRecord|setRecords|replica)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'contract-and-domain-stand-alone',
      comment: 'What crosses a process border and pure decisions know nothing of the outside.',
      severity: 'error',
      from: { path: '^src/(contract|domain)/' },
      to: { pathNot: '^(src/(contract|domain)/|node_modules/zod/)' },
    },
    {
      name: 'domain-has-no-schemas',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { path: '^node_modules/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'workflows-reach-out-by-types-only',
      comment: 'Workflow code is replayed: activities are known to it by their types, zod not at all.',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: {
        pathNot: '^(src/(workflows|contract|domain)/|node_modules/@temporalio/(workflow|common)/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'workflows-take-no-schema-by-value',
      severity: 'error',
      from: { path: '^src/workflows/' },
      to: {
        path: schemas,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'parents-get-the-contract-alone',
      comment: 'It runs in workflows of other people, out of a package that has nothing else.',
      severity: 'error',
      from: { path: '^src/parent/' },
      to: {
        pathNot: '^(src/(parent|contract)/|node_modules/@temporalio/workflow/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'parents-take-no-schema-by-value',
      severity: 'error',
      from: { path: '^src/parent/' },
      to: { path: schemas, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'examples-use-the-package-alone',
      comment: 'They are what people copy, who have the package and not the repository.',
      severity: 'error',
      from: { path: '^examples/([^/]+)/' },
      to: {
        path: '^(src|sandbox|test|bench|scripts|examples)/',
        pathNot: '^(src/parent/index\\.ts$|examples/$1/)',
      },
    },
    {
      name: 'adapters-know-contract-and-config-types-only',
      severity: 'error',
      from: { path: '^src/(camunda|database|hooks|storage)/' },
      to: { path: '^src/(activities|cli|workflows|worker|client|dependencies)' },
    },
    {
      name: 'adapters-take-config-as-types',
      severity: 'error',
      from: { path: adapters },
      to: { path: '^src/config/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'only-stages-and-commands-touch-adapters',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(activities|cli|monitoring|camunda|database|hooks|storage|system|config|dependencies|worker|client)',
      },
      to: { path: adapters },
    },
    {
      name: 'entries-build-dependencies',
      comment: 'Only the two process entries read the config file and build what the stages need.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(worker|client|dependencies|config/)' },
      to: { path: '^src/(config/load|dependencies)\\.ts$' },
    },
    {
      name: 'src-without-sandbox',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(sandbox|test|bench)/' },
    },
    {
      name: 'no-undeclared-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
