// The `istio-ambient` command: what a Pulumi program cannot express. It only parses; the subcommands do the work.
import { Command, CommanderError } from "commander";
import { adoptCommand } from "./adopt";
import { checkCommand } from "./check";
import { convertCommand } from "./convert";
import { exit, UsageError } from "./exit";
import { exportCommand } from "./export";
import { footprintCommand } from "./footprint";
import { gatewayApiCommand } from "./gateway-api";
import { kindConfigCommand } from "./kind-config";
import { migrateCommand } from "./migrate";
import { packageFile } from "./package-file";
import { readyCommand } from "./ready";
import { processTerminal, type Terminal } from "./terminal";
import { sweepCommand } from "./sweep";
import { enrollCommand, unenrollCommand } from "./unenroll";

/** Runs the command with arguments as in process.argv.slice(2); gives its exit code. */
export async function run(argv: string[], terminal: Terminal): Promise<number> {
  let code: number = exit.good;
  const finish = (result: number) => {
    code = result;
  };
  const program = new Command("istio-ambient")
    .description("Check and manage an Istio ambient mesh.")
    .version(packageFile().version)
    .addCommand(checkCommand(terminal, finish))
    .addCommand(convertCommand(terminal, finish))
    .addCommand(exportCommand(terminal, finish))
    .addCommand(footprintCommand(terminal, finish))
    .addCommand(kindConfigCommand(terminal, finish))
    .addCommand(adoptCommand(terminal, finish))
    .addCommand(migrateCommand(terminal, finish))
    .addCommand(gatewayApiCommand(terminal, finish))
    .addCommand(readyCommand(terminal, finish))
    .addCommand(unenrollCommand(terminal, finish))
    .addCommand(enrollCommand(terminal, finish))
    .addCommand(sweepCommand(terminal, finish));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
      .showHelpAfterError(`Run "istio-ambient ${command === program ? "" : `${command.name()} `}--help" for usage.`);
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit.good : exit.usage;
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`${error.message}\n`);
    return exit.usage;
  }
}

/** Runs the command as this process. */
export function runProcess(): void {
  run(process.argv.slice(2), processTerminal()).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(error);
      process.exitCode = exit.software;
    },
  );
}
