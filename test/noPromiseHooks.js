import v8 from 'node:v8';

/**
 * A replay runs workflows in this process and not in a thread of their own, and there the SDK hooks into every promise, for
 * stack traces of workflows, until the process ends. Its hook fails with promises of Web Crypto, which have no constructor, in
 * whatever file of tests comes next.
 */
v8.promiseHooks.createHook = () => () => undefined;
