// Runs one local command and keeps what it printed; a failure says how it ended and all that it printed.
import { spawn } from "node:child_process";
import { isObject, text, type JsonObject } from "./values";

export interface Output {
  stdout: string;
  stderr: string;
}

/** The command line: the interpreter's words, and the command as the last of them. */
function commandLine({ interpreter }: JsonObject, command: string): [string, string[]] {
  const words = Array.isArray(interpreter) ? interpreter.map(text) : ["/bin/sh", "-c"];
  const [program = "", ...args] = words;
  return [program, [...args, command]];
}

function environment({ environment: own }: JsonObject, previous: Output): NodeJS.ProcessEnv {
  const variables = isObject(own) ? Object.entries(own).map(([name, value]) => [name, text(value)]) : [];
  const before = [
    ["PULUMI_COMMAND_STDOUT", previous.stdout],
    ["PULUMI_COMMAND_STDERR", previous.stderr],
  ].filter(([, value]) => value !== "");
  return { ...process.env, ...Object.fromEntries([...variables, ...before]) };
}

/**
 * Resolves to what the command printed, each stream without its last line break. It runs where the engine has started
 * this plugin, which is the project's folder, unless it names another.
 */
export async function run(
  inputs: JsonObject,
  command: string,
  previous: Output,
  { stop, say }: { stop: AbortSignal; say: (line: string) => void },
): Promise<Output> {
  const [program, args] = commandLine(inputs, command);
  const streams = { stdout: "", stderr: "" };
  let both = "";
  const failure = (how: string): Error => new Error(`${how}: running "${command}":\n${both}`);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: text(inputs["dir"]) || process.cwd(),
      env: environment(inputs, previous),
      stdio: ["ignore", "pipe", "pipe"],
      signal: stop,
      killSignal: "SIGKILL",
    });
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        streams[name] += chunk;
        both += chunk;
        for (const line of chunk.split("\n")) if (line !== "") say(line);
      });
    child.on("error", (error) => reject(failure(error.message)));
    child.on("close", (code, signal) => {
      if (code === 0) resolve({ stdout: streams.stdout.replace(/\n$/, ""), stderr: streams.stderr.replace(/\n$/, "") });
      else reject(failure(signal ? `signal: ${signal}` : `exit status ${code ?? 0}`));
    });
  });
}
