// The two requests that `up` ends with: tried from inside, over the same ports, before they are printed.
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { demoPath } from "./demo-path";
import { Instance } from "./instance";
import { HostPorts } from "./ports";
import { pause } from "./service";

/** How long the gateway may take to answer after the program has run. */
const patience = 60_000;

/** The commands that a person types, and what is known of their answers. */
export async function requests(instance: Instance, ports: HostPorts, authority: string): Promise<string> {
  const plain = `http://localhost:${ports.http}${demoPath}`;
  const secure = `https://localhost:${ports.https}${demoPath}`;
  const commands = [`curl ${plain}`];
  // Without a CA of the mesh's own there is none to export: whoever issued the certificate has it.
  if (authority) commands.push(`curl --cacert ${shown(instance.authority)} ${secure}`);
  const answers = [await settled(() => get(http.get, plain))];
  if (authority) answers.push(await settled(() => get(https.get, secure, authority)));
  const silent = answers.find((answer) => answer !== "200");
  const head = silent ? `The application does not answer yet (${silent}); it is asked by` : "The application answers:";
  return [head, ...commands.map((command) => `  ${command}`)].join("\n");
}

function shown(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith("..") ? file : relative;
}

async function settled(ask: () => Promise<string>): Promise<string> {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer === "200" || Date.now() > deadline) return answer;
    await pause(250);
  }
}

/** The status of an answer, or what kept it from coming. */
function get(send: typeof http.get | typeof https.get, url: string, ca?: string): Promise<string> {
  return new Promise((resolve) => {
    const request = send(url, { ca, agent: false, family: 4, timeout: 5000 }, (response) => {
      response.resume();
      response.on("error", (error) => resolve(error.message));
      response.on("end", () => resolve(String(response.statusCode)));
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 5 s")));
    request.on("error", (error) => resolve(error.message));
  });
}
