// `istio-ambient migrate` in a process that kills itself at a write of its choosing: `migrate-killed.ts <writes> <arguments>`.
import { ApiClient, type Reply } from "../../cluster/client";
import { run } from "../../cli/run";
import { processTerminal } from "../../cli/terminal";

const [writes, ...args] = process.argv.slice(2);
let left = Number(writes);

type Write = (...args: unknown[]) => Promise<Reply>;

for (const method of ["patch", "post", "delete"] as const) {
  const prototype = ApiClient.prototype as unknown as { [name: string]: Write };
  const write = prototype[method]!;
  prototype[method] = function (this: ApiClient, ...given: unknown[]) {
    if (String(given[0]).includes("accessreviews")) return write.apply(this, given);
    left -= 1;
    const answer = write.apply(this, given);
    // The request is on its way, and nobody waits for its answer.
    if (left === 0) setImmediate(() => process.kill(process.pid, "SIGKILL"));
    return answer;
  };
}

void run(["migrate", ...args], processTerminal());
