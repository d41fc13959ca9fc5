import { Command, CommanderError } from 'commander';
import { approveCommand } from './approve.ts';
import { cancelCommand } from './cancel.ts';
import { addCompletion } from './completion.ts';
import type { CliDeps, Finish } from './deps.ts';
import { drillCommand } from './drill.ts';
import { doctorCommand } from './doctor.ts';
import { EXAMPLES, renderExamples } from './examples.ts';
import { EXIT, EXIT_CODE_HELP, type ExitCode } from './exitCodes.ts';
import { toFailure, type Failure } from './failure.ts';
import { writeJson } from './json.ts';
import { holdCommand, releaseCommand } from './hold.ts';
import { listCommand } from './list.ts';
import { pruneCommand } from './prune.ts';
import { printable } from './render/printable.ts';
import { repairCommand } from './repair.ts';
import { replicateCommand } from './replicate.ts';
import { restoreCommand } from './restore.ts';
import { resumeCommand } from './resume.ts';
import { runCommand } from './run.ts';
import { scheduleCommand } from './schedule.ts';
import { showCommand } from './show.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';
import { workerCommand } from './worker.ts';

/** Runs one command line, without `node` and the script, and returns the exit code. Never throws. */
export async function main(args: string[], deps: CliDeps): Promise<number> {
  let exitCode: number = EXIT.complete;
  const program = createProgram(deps, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.complete : EXIT.usage; // it has said why
    return reportFailure(toFailure(error), args.includes('--json'), deps);
  }
}

/** The commands, with nothing done yet; `deps` is used by what runs. */
export function createProgram(deps: CliDeps, finish: Finish): Command {
  const program = new Command('safepoint')
    .description('Consistent hot backups of Camunda 8 Self-Managed, run as Temporal workflows')
    .version(deps.version)
    .option('--config <path>', 'config file; default: SAFEPOINT_CONFIG, else ./safepoint.yaml')
    .addHelpText('after', EXIT_CODE_HELP);
  const commands = [
    runCommand(deps, finish),
    doctorCommand(deps, finish),
    listCommand(deps, finish),
    showCommand(deps),
    verifyCommand(deps),
    pruneCommand(deps, finish),
    holdCommand(deps),
    releaseCommand(deps),
    restoreCommand(deps, finish),
    drillCommand(deps),
    approveCommand(deps),
    repairCommand(deps, finish),
    statusCommand(deps, finish),
    cancelCommand(deps, finish),
    resumeCommand(deps),
    replicateCommand(deps, finish),
    scheduleCommand(deps, finish),
    workerCommand(deps),
  ];
  for (const command of commands) program.addCommand(command);
  addCompletion(program, deps);
  for (const command of withSubcommands(program)) {
    command
      .addHelpText('after', renderExamples(EXAMPLES[wordsOf(command)] ?? []))
      .exitOverride()
      .showHelpAfterError('(--help tells more)')
      .configureOutput({
        writeOut: (text) => deps.stdout.write(text),
        writeErr: (text) => deps.stderr.write(printable(text)),
      });
  }
  return program;
}

/** A command and all below it. */
export function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** `schedule apply`; of the program its own name. */
export function wordsOf(command: Command): string {
  if (!command.parent) return command.name();
  return command.parent.parent ? `${wordsOf(command.parent)} ${command.name()}` : command.name();
}

function reportFailure(failure: Failure, asJson: boolean, { stdout, stderr }: CliDeps): ExitCode {
  const { code, message, operatorAction, exitCode } = failure;
  stderr.write(printable(`${code}: ${message}\n${operatorAction}\n`));
  if (asJson) writeJson(stdout, { error: { code, message, operatorAction } });
  return exitCode;
}
