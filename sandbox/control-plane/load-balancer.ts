// Gives every Service of type LoadBalancer an address of its own, as kind's cloud provider does; kube-proxy leads that
// to the pods. It is free again when the Service goes or changes its type, which the API server takes it away for.
import { PatchStrategy, setHeaderOptions, V1Service } from "@kubernetes/client-node";
import { ControlPlane } from "./boot";
import { balancerAddress } from "./network";
import { pause } from "./service";
import { watched } from "./watched";

export class LoadBalancer {
  /** By uid of the Service. */
  private addresses = new Map<string, string>();

  constructor(private readonly plane: ControlPlane) {}

  /** Looks five times a second at what the watch knows, for as long as the sandbox lives. */
  async run(): Promise<never> {
    const known = watched<V1Service>(this.plane, {
      path: "/api/v1/services",
      list: ({ core }) => core.listServiceForAllNamespaces(),
    });
    for (;;) {
      const services = known().filter(isBalanced);
      this.addresses = assign(services.map(uidOf), this.addresses);
      for (const service of services) await this.show(service).catch(report);
      await pause(200);
    }
  }

  private async show(service: V1Service): Promise<void> {
    const ip = this.addresses.get(uidOf(service));
    if (service.status?.loadBalancer?.ingress?.[0]?.ip === ip) return;
    const { name = "", namespace = "" } = service.metadata ?? {};
    await this.plane.core.patchNamespacedServiceStatus(
      { name, namespace, body: { status: { loadBalancer: { ingress: [{ ip }] } } } },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
  }
}

/** Whether it is for whoever balances the load by default; one with a class is another one's. */
function isBalanced({ spec }: V1Service): boolean {
  return spec?.type === "LoadBalancer" && spec.loadBalancerClass === undefined;
}

function uidOf({ metadata }: V1Service): string {
  return metadata?.uid ?? "";
}

/** Who has which address now: what a Service had it keeps, and each other one gets the lowest that is free. */
export function assign(uids: string[], before: ReadonlyMap<string, string>): Map<string, string> {
  const kept = [...before].filter(([uid]) => uids.includes(uid));
  const taken = new Set(kept.map(([, address]) => address));
  const addresses = new Map(kept);
  let index = 0;
  for (const uid of uids.filter((each) => !addresses.has(each))) {
    while (taken.has(balancerAddress(index))) index += 1;
    addresses.set(uid, balancerAddress(index));
    index += 1;
  }
  return addresses;
}

function report(error: unknown): void {
  console.error("load balancer:", error instanceof Error ? error.message : error);
}
