// What the preflight of a new mesh costs: its process, which a program waits for, and the reading alone. Goals: 25 requests, 2 s.
// On a cluster without a mesh: npm run sandbox -- up --bare, then npm run sandbox -- exec -- npx tsx bench/preflight.ts
import { readFacts } from "../cluster/preflight";
import { lookNow } from "../cluster/look";
import { planOf } from "../components/mesh/plan";
import { defaultIstioVersion } from "../lib/istio/releases";

const rounds = 7;
const deadlineMs = 30_000;

function median(values: number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  return `${sorted[Math.floor(sorted.length / 2)]!.toFixed(2)} s`;
}

async function main(): Promise<void> {
  const plan = planOf({}, defaultIstioVersion, "istio-system");
  const [whole, reading]: [number[], number[]] = [[], []];
  let requests = 0;
  // The client library is loaded at the first look.
  await readFacts({}, plan, deadlineMs);
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const look = lookNow({}, plan, deadlineMs);
    if ("why" in look) throw new Error(look.why);
    const middle = performance.now();
    ({ requests } = await readFacts({}, plan, deadlineMs));
    whole.push((middle - begun) / 1000);
    reading.push((performance.now() - middle) / 1000);
  }
  console.log(`${requests} requests; its process ${median(whole)}, the reading alone ${median(reading)}`);
}

void main();
