// The filters of Envoy that conversions into one Gateway share: always the same objects, however many Ingresses there are.
import * as assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { convertedProgram } from "../../../cli/convert-program";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import type { Written } from "../../../lib/conversion/objects";
import { ingressWith, ownFilter, sharedFilters, type Given } from "./cases";

const everything = {
  affinity: "cookie",
  "affinity-mode": "persistent",
  "configuration-snippet": "add_header X-A b;",
  "proxy-body-size": "8k",
  "proxy-cookie-path": "/one/ /",
  "proxy-next-upstream": "error http_502",
};

/** What needs filters of Envoy, each of another one. */
const givens: Given[] = [
  {},
  { "proxy-body-size": "8k" },
  { "proxy-body-size": "1g", "limit-rps": "3" },
  { affinity: "cookie", "affinity-mode": "persistent" },
  { "configuration-snippet": "add_header X-A b;" },
  { "proxy-next-upstream": "error http_502" },
  { "proxy-cookie-path": "/one/ /", "configuration-snippet": "add_header X-C d;" },
];

interface Patch {
  applyTo: string;
  patch: { value: { name: string; typed_per_filter_config?: object } };
}

/** Ingress number so many, with a certificate and a host of its own. */
function numbered(index: number, given: Given): object {
  const { metadata, ...rest } = ingressWith(given);
  const host = `h${index}.example.com`;
  const backend = { service: { name: `web-${index}`, port: { number: 80 } } };
  const rules = [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }];
  const spec = { ...rest.spec, rules, tls: [{ hosts: [host], secretName: `cert-${index}` }] };
  return { ...rest, metadata: { ...metadata, name: `web-${index}` }, spec };
}

const keyOf = ({ metadata: { namespace, name } }: Written) => `${namespace}/${name}`;

describe("filters that conversions share", () => {
  it("never change under their name: another content is to have another one", () => {
    const { objects } = convert([ingressWith(everything)]);
    const contents = sharedFilters(objects).map((object) => {
      const hash = createHash("sha256").update(JSON.stringify(object.spec)).digest("hex").slice(0, 8);
      return [keyOf(object), hash];
    });
    assert.deepEqual(contents, [
      ["istio-system/istio-ambient.hostk8s-gateway-sessions", "f79844ae"],
      ["istio-system/istio-ambient.hostk8s-gateway-headers", "736f128f"],
      ["istio-system/istio-ambient.hostk8s-gateway-body-limit", "e166acf2"],
      ["istio-system/istio-ambient.hostk8s-gateway-repeats", "1198bb99"],
      ["istio-system/istio-ambient.hostk8s-gateway-answers", "bcf75556"],
    ]);
  });

  it("are as many for a hundred Ingresses as for one", () => {
    const given = (index: number) => ({
      "proxy-body-size": `${1 + (index % 5)}m`,
      ...(index % 5 === 0 ? { affinity: "cookie", "affinity-mode": "persistent" } : {}),
    });
    const { objects } = convert(Array.from({ length: 100 }, (_, index) => numbered(index, given(index))));
    const inserted = objects.flatMap((object) => {
      const { configPatches = [] } = object.spec as { configPatches?: { applyTo: string }[] };
      return configPatches.filter(({ applyTo }) => applyTo === "HTTP_FILTER").map(() => keyOf(object));
    });
    assert.deepEqual(inserted, [
      "istio-system/istio-ambient.hostk8s-gateway-sessions",
      "istio-system/istio-ambient.hostk8s-gateway-body-limit",
    ]);
  });

  it("are of one Gateway, beside which others of the namespace have their own", () => {
    const gateway = { ...standardOptions.gateway, name: "edge" };
    const { objects } = convert([ingressWith({ "proxy-body-size": "8k" })], { ...standardOptions, gateway });
    assert.deepEqual(
      sharedFilters(objects).map(({ metadata, spec }) => [
        metadata.name,
        (spec as { targetRefs: { name: string }[] }).targetRefs.map(({ name }) => name),
      ]),
      [["istio-ambient.edge-body-limit", ["edge"]]],
    );
  });

  it("has names of an Ingress's own for what is not shared, where no namespace is given neither", () => {
    const rule = ingressWith({}).spec.rules![0]!;
    const made = ["8k", "1g"].map((size) => {
      const host = `${size}.example.com`;
      const given = { "proxy-body-size": size, "limit-rps": "1" };
      const { metadata: own, ...rest } = ingressWith(given, { rules: [{ ...rule, host }] });
      const bare = { name: own.name, annotations: own.annotations! };
      return convert([{ ...rest, metadata: bare }]).objects;
    });
    const found = made.map((objects) => {
      const { metadata: own, spec } = ownFilter(objects);
      const { configPatches } = spec as { configPatches: { patch: { value: { name?: string } } }[] };
      const [rules] = objects.filter(({ kind }) => kind === "HTTPRoute").map((route) => route.spec as typeof spec);
      const [first] = (rules as { rules: { name: string }[] }).rules;
      return [own.name, configPatches[0]!.patch.value.name, first!.name];
    });
    const expected = (hash: string) => [
      `web-${hash}-envoy`,
      `istio-ambient.web-${hash}-rate-limit`,
      `web-${hash}-rule-0`,
    ];
    assert.deepEqual(...(made.map(sharedFilters) as [Written[], Written[]]));
    assert.deepEqual(found, [expected("18c34e87"), expected("159ed786")]);
  });

  it("are there wherever a route turns them on, and the same in every conversion and order", () => {
    let common = 0;
    const some = fc.array(fc.constantFrom<Given>(...givens), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(some, some, (mine, others) => {
        const ingresses = mine.map((given, index) => numbered(index, given));
        const { objects } = convert(ingresses);
        assert.deepEqual(convert([...ingresses].reverse()).objects, objects);
        const patches = objects
          .filter(({ kind }) => kind === "EnvoyFilter")
          .flatMap(({ spec }) => (spec as { configPatches: Patch[] }).configPatches);
        const turnedOn = patches.flatMap(({ patch }) => Object.keys(patch.value.typed_per_filter_config ?? {}));
        const inserted = patches
          .filter(({ applyTo }) => applyTo === "HTTP_FILTER")
          .map(({ patch }) => patch.value.name);
        assert.deepEqual([...inserted].sort(), [...new Set(turnedOn)].sort());
        const beside = sharedFilters(convert(others.map((given, index) => numbered(index + 9, given))).objects);
        for (const one of sharedFilters(objects)) {
          const same = beside.find((other) => keyOf(other) === keyOf(one));
          if (!same) continue;
          assert.deepEqual(same, one);
          common += 1;
        }
      }),
    );
    assert.ok(common > 20, String(common));
  });

  it("are patches that stay in a program, since other programs make and need them too", () => {
    const { objects, providers } = convert([ingressWith({ "proxy-body-size": "8k" })]);
    const lines = convertedProgram(objects, providers).split("\n];")[0]!.split("\n");
    const ends = lines.filter((line) => /^ {2}(?:new |\})/.test(line)).map((line) => line.replace(/\(.*/, ""));
    assert.deepEqual(ends, [
      "  new k8s.apiextensions.CustomResourcePatch",
      "  }, { retainOnDelete: true }),",
      "  new k8s.apiextensions.CustomResource",
      "  }),",
    ]);
  });
});
