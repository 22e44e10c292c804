// A persistent session: the pod that a client is kept on while other pods come and go, and what becomes of it without that pod.
import * as assert from "node:assert/strict";
import { ask } from "./convert-http";
import { kubectl, settled } from "./support";

/** A pod that answered, and the cookie that came with its answer. */
interface Kept {
  pod: string;
  cookie?: string;
}

const namespace = "convert";

/** Tries a session of a host whose Deployment has two pods. */
export async function keepsSession(deployment: string, host: string, url: string): Promise<void> {
  const keep = (cookie?: string) => asked(host, url, cookie);
  const scaled = (count: number) =>
    kubectl("scale", `deployment/${deployment}`, "-n", namespace, `--replicas=${count}`);
  const begun = await settled(
    () => keep().catch((): Kept => ({ pod: "" })),
    ({ cookie }) => cookie !== undefined,
  );
  assert.match(begun.cookie ?? "", /^route="[^"]+"; Path=\/; Max-Age=900; SameSite=Strict; HttpOnly$/);
  const session = valueOf(begun);
  assert.deepEqual(await keep(session), { pod: begun.pod });

  scaled(4);
  const all = await answering(() => keep(), 4);
  assert.equal(all.length, 4);
  assert.deepEqual(await answering(() => keep(session), 1), [begun.pod]);

  const [last, ...others] = all.filter((pod) => pod !== begun.pod) as [string, ...string[]];
  firstToGo(others);
  scaled(2);
  assert.deepEqual(await answering(() => keep(), 2), [begun.pod, last].sort());
  assert.deepEqual(await answering(() => keep(session), 1), [begun.pod]);

  firstToGo([begun.pod]);
  scaled(1);
  const moved = await settled(
    () => keep(session),
    ({ cookie }) => cookie !== undefined,
  );
  assert.equal(moved.pod, last);
  assert.deepEqual(await keep(valueOf(moved)), { pod: last });
}

function valueOf({ cookie = "" }: Kept): string {
  return cookie.split(";")[0]!;
}

/** Asks for `/` of the host, with a cookie or without. */
async function asked(host: string, url: string, cookie: string | undefined): Promise<Kept> {
  const { status, headers, body } = await ask(host, url, { headers: cookie === undefined ? {} : { cookie } });
  assert.equal(status, 200, body);
  const [given] = headers["set-cookie"] ?? [];
  return { pod: (JSON.parse(body) as Kept).pod, ...(given === undefined ? {} : { cookie: given }) };
}

/** The pods that answer twenty requests, once they are as many. */
function answering(ask: () => Promise<Kept>, count: number): Promise<string[]> {
  const round = async () => {
    const pods = new Set<string>();
    for (let number = 0; number < 20; number++) pods.add((await ask()).pod);
    return [...pods].sort();
  };
  return settled(round, (pods) => pods.length === count);
}

/** Has a Deployment with fewer replicas do without these pods first. */
function firstToGo(pods: readonly string[]): void {
  for (const pod of pods) {
    kubectl("annotate", "pod", pod, "-n", namespace, "controller.kubernetes.io/pod-deletion-cost=-1");
  }
}
