// Whose it is × every kind that the components of an application make: what any other owner has made is refused, all of it
// in one error, and nothing is registered.
import * as assert from "node:assert/strict";
import { objectKinds, type ObjectKind } from "../../lib/ownership/kinds";
import { preview } from "./applications";
import { applications } from "./everything";
import { record, Registration } from "./record";
import { onCluster } from "./serving-cluster";

type Metadata = { name: string; namespace?: string } & Record<string, unknown>;

/** What each owner leaves on an object, and how it is called. */
const owners: Record<string, [marks: object, owner: string]> = {
  kubectl: [{ managedFields: [{ manager: "kubectl-client-side-apply" }] }, "was created by kubectl"],
  "another stack": [{ annotations: { "istio-ambient/stack": "shop/prod" } }, "belongs to the stack shop/prod"],
  Helm: [
    { annotations: { "meta.helm.sh/release-name": "web", "meta.helm.sh/release-namespace": "shop" } },
    "belongs to the Helm release shop/web",
  ],
  "Argo CD": [
    { annotations: { "argocd.argoproj.io/tracking-id": "web:apps/Deployment:shop/web" } },
    "belongs to the Argo CD application web",
  ],
  Flux: [
    { labels: { "kustomize.toolkit.fluxcd.io/name": "web", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" } },
    "belongs to the Flux Kustomization flux-system/web",
  ],
};

const kindOf = ({ type }: Registration): string => type.split(":").at(-1)!;
const isMade = ({ type, inputs }: Registration): boolean =>
  type.startsWith("kubernetes:") && !type.endsWith("Patch") && "metadata" in inputs;

function nameOf(resource: Registration): string {
  const { namespace, name } = resource.inputs["metadata"] as Metadata;
  return `${kindOf(resource)} ${[namespace, name].filter(Boolean).join("/")}`;
}

describe("what others have made under the names of an application", () => {
  let made: Registration[] = [];
  let marks: object = {};
  let isThere = false;

  onCluster((path) => {
    const kind = Object.entries(objectKinds).find(([, { api, plural }]) => path === `${api}/${plural}`)?.[0];
    if (kind === undefined) {
      return { status: 404, body: { kind: "Status", message: `${path} not found` } };
    }
    const items = made
      .filter((resource) => isThere && kindOf(resource) === kind)
      .map(({ inputs }) => {
        const { name, namespace } = inputs["metadata"] as Metadata;
        return { metadata: { name, namespace, ...marks }, spec: inputs["spec"] };
      });
    // Nothing is looked for in a namespace that does not exist.
    const places = kind === "Namespace" ? ["infra", "other"].map((name) => ({ metadata: { name } })) : [];
    return { body: { items: [...items, ...places] } };
  });

  /** What the program registered, and the errors that it ended with, each once. */
  async function run(): Promise<{ registered: Registration[]; errors: string[] }> {
    const errors = new Set<string>();
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", (error: Error) => {
      errors.add(error.message);
    });
    try {
      const { resources } = await record(() => void applications(), preview);
      return { registered: resources.filter(isMade), errors: [...errors] };
    } finally {
      process.removeAllListeners("unhandledRejection");
      others.forEach((listener) => process.on("unhandledRejection", listener));
    }
  }

  before(async () => {
    const there = process.env["KUBECONFIG"];
    process.env["KUBECONFIG"] = "/nonexistent/kubeconfig";
    made = (await run()).registered;
    process.env["KUBECONFIG"] = there;
  });

  it("is every kind that these components make", () => {
    const kinds = new Set(made.map(kindOf));
    const notMade: ObjectKind[] = ["ClusterIssuer", "Deployment", "Secret", "Service"];
    assert.deepEqual(
      [...kinds].sort(),
      Object.keys(objectKinds)
        .filter((kind) => !notMade.includes(kind as ObjectKind))
        .sort(),
    );
  });

  for (const [owner, [left, called]] of Object.entries(owners)) {
    it(`is refused, each object with its name, where it is of ${owner}`, async () => {
      marks = left;
      isThere = true;
      const { registered, errors } = await run();
      const lines = errors.flatMap((error) => error.split("\n"));
      const told = lines.flatMap((line) => new RegExp(`; (\\w+ \\S+) ${called}[;,]`).exec(line)?.[1] ?? []);
      assert.deepEqual(told.sort(), made.map(nameOf).sort(), errors.join("\n"));
      assert.deepEqual(registered.map(nameOf), []);
    });
  }
});
