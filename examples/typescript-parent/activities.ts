/** Stands for a real deployment. */
export function deployRelease(cluster: string, release: string): Promise<void> {
  console.log(`deployed ${release} to ${cluster}`);
  return Promise.resolve();
}
