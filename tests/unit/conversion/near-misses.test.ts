// Documents that are nearly Ingresses, and fields that are nearly those of one: the report has each of them by its name.
import * as assert from "node:assert/strict";
import { convert } from "../../../lib/conversion/convert";
import { ingressWith } from "./cases";

const near = (change: object) => ({ ...ingressWith({}), ...change });
const { spec } = ingressWith({});

const missed: [what: string, document: object, said: string, name?: string][] = [
  ["kind ingress", near({ kind: "ingress" }), "kind ingress must be Ingress; kind: Ingress"],
  ["kind INGRESS with a blank", near({ kind: "INGRESS " }), "kind INGRESS  must be Ingress; kind: Ingress"],
  ["kind Ingres", near({ kind: "Ingres" }), "networking.k8s.io has no kind Ingres; kind: Ingress"],
  [
    "kind Ingresses of no group",
    near({ apiVersion: "v1", kind: "Ingresses" }),
    "v1 has no kind Ingresses; kind: Ingress",
  ],
  ["no kind", near({ kind: undefined }), "it has no kind; kind: Ingress"],
  ["no kind in a list", { apiVersion: "v1", items: [ingressWith({})] }, "it has no kind; kind: List", "(no name)"],
  [
    "kind ingresslist",
    { apiVersion: "networking.k8s.io/v1", kind: "ingresslist", items: [{ spec }] },
    "kind ingresslist must be IngressList; kind: IngressList",
    "(no name)",
  ],
  [
    "kind list",
    { apiVersion: "v1", kind: "list", items: [ingressWith({})] },
    "kind list must be List; kind: List",
    "(no name)",
  ],
  [
    "an item without a name",
    { kind: "List", items: [near({ kind: "ingress", metadata: {} })] },
    "kind ingress must be Ingress; kind: Ingress",
    "(no name)",
  ],
  [
    "another case of the version",
    near({ apiVersion: "networking.k8s.io/V1" }),
    "its apiVersion must be networking.k8s.io/v1; apiVersion: networking.k8s.io/v1",
  ],
  [
    "another case of the group",
    near({ apiVersion: "Networking.k8s.io/v1" }),
    "its apiVersion must be networking.k8s.io/v1; apiVersion: networking.k8s.io/v1",
  ],
  [
    "a group without an end",
    near({ apiVersion: "networking/v1" }),
    "its apiVersion must be networking.k8s.io/v1; apiVersion: networking.k8s.io/v1",
  ],
  [
    "no group",
    near({ apiVersion: "v1" }),
    "its apiVersion must be networking.k8s.io/v1; apiVersion: networking.k8s.io/v1",
  ],
  [
    "no version",
    near({ apiVersion: "networking.k8s.io" }),
    "its apiVersion must be networking.k8s.io/v1; apiVersion: networking.k8s.io/v1",
  ],
  [
    "an old version",
    near({ apiVersion: "networking.k8s.io/v1beta1" }),
    "not an Ingress of networking.k8s.io/v1; kubectl get ingress -o yaml, which gives networking.k8s.io/v1",
  ],
  [
    "a blank after an annotation",
    ingressWith({ "ssl-redirect ": "false" }),
    'annotation "nginx.ingress.kubernetes.io/ssl-redirect " has a name that no API server takes; kubectl explain ingress.spec',
  ],
  [
    "a blank before an annotation",
    ingressWith({ " nginx.ingress.kubernetes.io/ssl-redirect": "false" }),
    'annotation " nginx.ingress.kubernetes.io/ssl-redirect" has a name that no API server takes; kubectl explain ingress.spec',
  ],
];

const others: [what: string, document: object][] = [
  ["an Ingress of another project", near({ apiVersion: "config.openshift.io/v1" })],
  ["an Ingress of Knative", near({ apiVersion: "networking.internal.knative.dev/v1alpha1" })],
  ["one of another project in lower case", near({ apiVersion: "config.openshift.io/v1", kind: "ingress" })],
  ["another kind of the group", near({ kind: "IngressClass" })],
  [
    "a kind whose spec has an ingress class",
    { apiVersion: "v1", kind: "Shop", metadata: { name: "a" }, spec: { ingressClassName: "nginx" } },
  ],
  [
    "an HTTPRoute",
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "a" },
      spec: { rules: [{ backendRefs: [] }] },
    },
  ],
  ["a document without anything", {}],
  ["values of a chart", { ingress: { enabled: true, hosts: ["a.example.com"] } }],
];

describe("what is nearly an Ingress", () => {
  for (const [what, document, said, name = "shop/web"] of missed) {
    it(`is refused by its name: ${what}`, () => {
      const { entries, objects } = convert([document, ingressWith({ "ssl-redirect": "false" })]);
      const [entry] = entries.filter(({ outcome }) => outcome === "refused");
      assert.deepEqual(
        [objects, entry?.part, entry?.name, `${entry?.detail}; ${entry?.fix}`],
        [[], "ingress", name, said],
      );
    });
  }

  for (const [what, document] of others) {
    it(`is not: ${what}`, () => assert.deepEqual(convert([document]).entries, []));
  }

  it("keeps its other fields to itself: the report names them", () => {
    const given = ingressWith({});
    const strayed = {
      ...given,
      annotations: { "nginx.ingress.kubernetes.io/use-regex": "true" },
      metadata: { ...given.metadata, annotation: {} },
      spec: {
        ...given.spec,
        ingressclassname: "nginx",
        template: { metadata: { annotations: {} } },
        rules: given.spec.rules!.map(({ host, http }) => ({
          host,
          http: { paths: http!.paths!.map((path) => ({ ...path, pathtype: "Exact" })) },
        })),
      },
    };
    const { entries, objects } = convert([strayed]);
    const why = "an Ingress has no such field, so an API server drops it";
    assert.deepEqual(
      entries.filter(({ part }) => part === "ingress").map(({ name, outcome, detail }) => [name, outcome, detail]),
      [
        "annotations",
        "metadata.annotation",
        "spec.ingressclassname",
        "spec.rules.http.paths.pathtype",
        "spec.template",
      ].map((name) => [name, "converted", why]),
    );
    assert.deepEqual(objects, convert([given]).objects);
  });
});
