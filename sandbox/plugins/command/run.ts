// Runs one local command and keeps what it printed; a failure says how it ended and all that it printed.
import { spawn } from "node:child_process";
import { isObject, text, type JsonObject } from "../values";

export interface Output {
  stdout: string;
  stderr: string;
}

function commandLine(inputs: JsonObject, command: string): [string, string[]] {
  const given = inputs["interpreter"];
  const interpreter = Array.isArray(given) && given.length > 0 ? given.map((word) => text(word)) : ["/bin/sh", "-c"];
  const [program = "", ...args] = interpreter;
  return [program, [...args, command]];
}

function environment(inputs: JsonObject, previous: Output): NodeJS.ProcessEnv {
  const own = inputs["environment"];
  const variables = isObject(own) ? Object.entries(own).map(([name, value]) => [name, text(value)]) : [];
  const before =
    inputs["addPreviousOutputInEnv"] === false
      ? []
      : [
          ["PULUMI_COMMAND_STDOUT", previous.stdout],
          ["PULUMI_COMMAND_STDERR", previous.stderr],
        ].filter(([, value]) => value !== "");
  return { ...process.env, ...Object.fromEntries([...variables, ...before]) };
}

/** Resolves to what the command printed, each stream without its last line break. */
export async function run(inputs: JsonObject, command: string, previous: Output, stop: AbortSignal): Promise<Output> {
  const [program, args] = commandLine(inputs, command);
  const streams = { stdout: "", stderr: "" };
  let both = "";
  const failure = (how: string): Error => new Error(`${how}: running "${command}":\n${both}`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: text(inputs["dir"]) || process.cwd(),
      env: environment(inputs, previous),
      signal: stop,
      killSignal: "SIGKILL",
    });
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        streams[name] += chunk;
        both += chunk;
      });
    child.on("error", (error) => reject(failure(error.message)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ stdout: streams.stdout.replace(/\n$/, ""), stderr: streams.stderr.replace(/\n$/, "") });
      else reject(failure(signal ? `signal: ${signal}` : `exit status ${code ?? 0}`));
    });
    // A command that does not read its input closes the pipe, which is no fault.
    child.stdin.on("error", () => undefined);
    child.stdin.end(text(inputs["stdin"]));
  });
}
