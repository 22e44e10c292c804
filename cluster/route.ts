// Waits for what the gateway says of a route, by reading it until it has been answered or time is up.
import type { Json } from "../lib/json";
import { LiveRoute, prunedFields, routeVerdict, RouteVerdict } from "../lib/route-status";
import { ApiClient } from "./client";
import type { ClusterTarget } from "./connection";

/** The route that is waited for. */
export interface AwaitedRoute {
  namespace: string;
  name: string;
  parents: number;
  /** The spec as it was sent, to see whether the API server kept all of it. */
  spec: Json;
}

const pause = 250;

/** The last verdict within the deadline. A refusal may be mended by a Service that comes a moment later. */
export async function awaitRoute(
  target: ClusterTarget,
  route: AwaitedRoute,
  deadlineMs: number,
): Promise<RouteVerdict> {
  const end = Date.now() + deadlineMs;
  const client = await ApiClient.connect(target, deadlineMs + 10_000);
  try {
    const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${route.namespace}/httproutes/${route.name}`;
    for (;;) {
      const reply = await client.get(path);
      if (reply.kind !== "ok") {
        return { state: "refused", why: `it cannot be read: ${reply.kind === "missing" ? "not found" : reply.why}` };
      }
      const live = reply.body as LiveRoute;
      const [pruned] = prunedFields(route.spec, live.spec as Json | undefined);
      if (pruned !== undefined) {
        return { state: "refused", why: `the HTTPRoute CRD of this cluster does not know ${pruned} and dropped it` };
      }
      const verdict = routeVerdict(live, route.parents);
      if (verdict.state === "accepted" || Date.now() >= end) {
        return verdict;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  } finally {
    client.close();
  }
}
