// The two requests that `up` ends with: tried from inside, over the same ports, before they are printed.
import * as fs from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as path from "node:path";
import { Instance } from "../instance";
import { HostPorts } from "../control-plane/ports";
import { pause } from "../control-plane/service";

/** How long the gateway may take to answer after the program has run. */
const patience = 60_000;

/** The commands that a person types, and what is known of their answers. */
export async function requests(
  instance: Instance,
  ports: HostPorts,
  applicationPath: string,
  authority: string,
): Promise<string> {
  const plain = `http://localhost:${ports.http}${applicationPath}`;
  const secure = `https://localhost:${ports.https}${applicationPath}`;
  const commands = [`curl ${plain}`];
  // Without a CA of the mesh's own there is none to export: whoever issued the certificate has it.
  if (authority) commands.push(`curl --cacert ${shown(instance.authority)} ${secure}`);
  const silent = await firstFailure(
    () => get(http.get, plain),
    ...(authority ? [() => get(https.get, secure, authority)] : []),
  );
  const head = silent
    ? `The application does not answer yet (${silent}${refusal(instance)}):`
    : "The application answers:";
  return [head, ...commands.map((command) => `  ${command}`)].join("\n");
}

/** Why a gateway does not listen, where its Envoy said so. */
function refusal(instance: Instance): string {
  const logs = fs.readdirSync(instance.file("logs")).filter((name) => name.startsWith("gateway-"));
  const lacking = logs.flatMap((name) => lackingExtensions(fs.readFileSync(instance.file("logs", name), "utf8")));
  return lacking.length === 0 ? "" : `; the plain Envoy here lacks ${[...new Set(lacking)].join(", ")}`;
}

/** The extensions that an Envoy's log says it was sent and has not. */
export function lackingExtensions(log: string): string[] {
  const found = log.matchAll(/Didn't find a registered implementation for '([^']+)'/g);
  return [...new Set([...found].map(([, extension = ""]) => extension))];
}

async function firstFailure(...asks: (() => Promise<string>)[]): Promise<string | undefined> {
  for (const ask of asks) {
    const answer = await settled(ask);
    if (answer !== "200") return answer;
  }
  return undefined;
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
