import { CancellationScope } from '@temporalio/workflow';

/** Runs steps side by side. When one fails the others are cancelled and waited for, and its error is thrown. */
export async function allOrNone<T extends readonly unknown[]>(steps: {
  [K in keyof T]: () => Promise<T[K]>;
}): Promise<T> {
  const scope = new CancellationScope();
  return await scope.run(async () => {
    const running = steps.map((step) => step());
    try {
      return (await Promise.all(running)) as unknown as T;
    } catch (error) {
      scope.cancel();
      await Promise.allSettled(running);
      throw error;
    }
  });
}
