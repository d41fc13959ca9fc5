/**
 * Names the skipped tests at the end of a run, and closes with the plain line that CI reads. Why a suite was skipped is
 * part of its title: the suite puts it there, as nothing else of it reaches a reporter.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap((file) =>
      file.testResults
        .filter((test) => test.status === 'pending' || test.status === 'todo')
        .map((test) => `${test.fullName} (${file.testFilePath.replace(`${process.cwd()}/`, '')})`),
    );
    console.log(skipped.length === 0 ? '\nnothing was skipped' : `\nskipped:\n  ${skipped.join('\n  ')}`);
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}
