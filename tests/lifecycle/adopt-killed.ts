// `istio-ambient adopt` in a process that kills itself at a write of its choosing: `adopt-killed.ts <writes> <arguments>`.
import { ApiClient } from "../../cluster/client";
import { run } from "../../cli/run";
import { processTerminal } from "../../cli/terminal";

const [writes, ...args] = process.argv.slice(2);
let left = Number(writes);

for (const method of ["patch", "post"] as const) {
  const write = ApiClient.prototype[method] as (path: string, body: object) => ReturnType<ApiClient["post"]>;
  ApiClient.prototype[method] = function (path: string, body: object) {
    if (!path.includes("accessreviews")) left -= 1;
    const answer = write.call(this, path, body);
    // The request is on its way, and nobody waits for its answer.
    if (left === 0) setImmediate(() => process.kill(process.pid, "SIGKILL"));
    return answer;
  };
}

void run(["adopt", ...args], processTerminal());
