#!/usr/bin/env node
// The `istio-ambient` command: what a Pulumi program cannot say. It parses and calls; the work is done elsewhere.
import * as fs from "node:fs";
import * as path from "node:path";
import { Command, CommanderError } from "commander";
import { checkCommand } from "./check";
import { convertCommand } from "./convert";
import { exit, UsageError } from "./exit";
import { kindConfigCommand } from "./kind-config";
import { readyCommand } from "./ready";
import { processTerminal, type Terminal } from "./terminal";
import { enrolCommand, unenrolCommand } from "./unenrol";

/** Runs the command with arguments as in process.argv.slice(2); gives its exit code. */
export async function run(argv: string[], terminal: Terminal): Promise<number> {
  let code: number = exit.good;
  const finish = (result: number) => {
    code = result;
  };
  const program = new Command("istio-ambient")
    .description("Look after an Istio ambient mesh.")
    .version(packageVersion())
    .addCommand(checkCommand(terminal, finish))
    .addCommand(convertCommand(terminal, finish))
    .addCommand(kindConfigCommand(terminal, finish))
    .addCommand(readyCommand(terminal, finish))
    .addCommand(unenrolCommand(terminal, finish))
    .addCommand(enrolCommand(terminal, finish));
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
      .showHelpAfterError(
        `Run "istio-ambient ${command === program ? "" : `${command.name()} `}--help" for what it takes.`,
      );
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

/** package.json is beside cli/ in the sources, and above dist/ in the package. */
function packageVersion(): string {
  const file = ["..", "../.."]
    .map((up) => path.join(__dirname, up, "package.json"))
    .find((found) => fs.existsSync(found));
  const { version } = JSON.parse(fs.readFileSync(file ?? "", "utf8")) as { version: string };
  return version;
}

if (require.main === module) {
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
