// Extension providers that nobody has named: their names, and what the mesh must have for them beside the objects.
import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import { parse } from "yaml";
import { convertedProgram } from "../../../cli/convert-program";
import { convert, standardOptions } from "../../../lib/conversion/convert";
import { derivedName, distinct } from "../../../lib/conversion/extension-providers";
import { yamlText } from "../../../lib/conversion/yaml";
import { istioAmbient } from "../fixtures/terminal";
import { ingressWith, only, type Given } from "./cases";

const guard = "http://guard.auth.svc.cluster.local:8080/check";

function named(name: string, host: string, given: Given): ReturnType<typeof ingressWith> {
  const ingress = ingressWith(given);
  const [rule] = ingress.spec.rules!;
  return {
    ...ingress,
    metadata: { ...ingress.metadata, name },
    spec: { ...ingress.spec, rules: [{ ...rule, host }] },
  };
}

const policies = (given: Given[], options = standardOptions) =>
  convert(
    given.map((one, index) => named(`web-${index}`, `${index}.example.com`, one)),
    options,
  ).objects.flatMap(({ kind, spec }) =>
    kind === "AuthorizationPolicy" ? [(spec as { provider: { name: string } }).provider.name] : [],
  );

describe("extension providers without a name from the command line", () => {
  it("have names that istiod takes, none of which another one begins with", () => {
    const word = fc.string({ maxLength: 100 });
    fc.assert(
      fc.property(word, word, word, word, (words, otherWords, definition, otherDefinition) => {
        const name = derivedName(words, definition);
        assert.match(name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
        assert.equal(derivedName(words, definition), name);
        if (definition !== otherDefinition) assert.ok(!derivedName(otherWords, otherDefinition).startsWith(name));
      }),
    );
  });

  it("are one for what is asked in the same way, and others for what differs in anything", () => {
    const [one, same, headers, query, other] = policies([
      { "auth-url": guard },
      { "auth-url": ` ${guard}` },
      { "auth-url": guard, "auth-response-headers": "X-User" },
      { "auth-url": guard.replace("/check", "/other") },
      { "auth-url": guard.replace("8080", "8081") },
    ]);
    assert.equal(one, same);
    assert.equal(new Set([one, headers, query, other]).size, 4);
  });

  it("are others for another Secret, realm or layout of it", () => {
    const users = { "auth-type": "basic", "auth-secret": "users" };
    const names = policies([
      users,
      users,
      { ...users, "auth-realm": "Shop" },
      { ...users, "auth-secret-type": "auth-map" },
      { "auth-type": "basic", "auth-secret": "admins" },
    ]);
    assert.equal(names[0], names[1]);
    assert.equal(new Set(names).size, 4);
  });

  it("stand beside one that is named, for what that one is not", () => {
    const authProviders = [{ name: "guard", url: guard }];
    const [one, other] = policies([{ "auth-url": guard }, { "auth-url": "https://other.example.com/check" }], {
      ...standardOptions,
      authProviders,
    });
    assert.equal(one, "guard");
    assert.match(other!, /^[0-9a-f]{8}-other-example-com-check$/);
  });

  it("stand above the objects in YAML as values of istiod's chart, which are the ones of the conversion", () => {
    const { objects, providers } = convert([ingressWith({ "auth-url": guard })]);
    const text = yamlText(objects, providers);
    const lines = text.split("\n");
    const comment = lines.filter((line) => line.startsWith("# ")).map((line) => line.slice(2));
    assert.deepEqual(comment, [
      "Until istiod has these extension providers, the Gateway refuses (403) every request that the CUSTOM policies below are for.",
      "They are values of istiod's chart, and controlPlane.values of AmbientMesh:",
      "meshConfig:",
      "  extensionProviders:",
      "  - name: fa1c99d4-guard-auth-svc-cluster-local-check",
      "    envoyExtAuthzHttp:",
      "      service: guard.auth.svc.cluster.local",
      "      port: 8080",
      "      pathPrefix: /check",
      '      statusOnError: "500"',
      "      includeRequestHeadersInCheck:",
      "      - authorization",
      "      - cookie",
      "      - x-forwarded-*",
      "      includeAdditionalHeadersInCheck:",
      '        X-Original-URL: "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%REQ(:PATH)%"',
      '        X-Original-Method: "%REQ(:METHOD)%"',
      '        X-Auth-Request-Redirect: "%REQ(:PATH)%"',
      "      headersToDownstreamOnAllow:",
      "      - set-cookie",
    ]);
    assert.deepEqual(parse(comment.slice(2).join("\n")), { meshConfig: { extensionProviders: providers } });
    const { provider } = only(objects, "AuthorizationPolicy").spec as { provider: { name: string } };
    assert.deepEqual(
      providers.map(({ name }) => name),
      [provider.name],
    );
    assert.equal(lines.slice(comment.length).join("\n"), yamlText(objects));
  });

  it("stand above a program as arguments of AmbientMesh, with what several of them need of istiod", () => {
    const both = [named("a", "a.example.com", { "auth-url": guard })];
    both.push(named("b", "b.example.com", { "auth-type": "basic", "auth-secret": "users" }));
    const { objects, providers } = convert(both);
    assert.equal(providers.length, 2);
    const text = convertedProgram(objects, providers);
    const [comment = ""] = text.split("// Written by");
    assert.match(
      comment,
      /^\/\/ Until istiod has these extension providers, .*\n\/\/ new AmbientMesh\("mesh", \{\n\/\/ {3}controlPlane: \{\n\/\/ {5}values: \{\n\/\/ {7}pilot: \{ env: \{ PILOT_ENABLE_MULTIPLE_CUSTOM_AUTHZ_PROVIDERS: "true" \} \},\n/,
    );
    assert.ok(comment.split("\n").every((line) => line === "" || line.startsWith("// ")));
    assert.equal(text.slice(comment.length), convertedProgram(objects));
  });

  it("are what the command writes without an option, with exit code 0", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "providers-"));
    const file = path.join(folder, "ingress.json");
    try {
      const ingress = ingressWith({ "auth-url": guard });
      fs.writeFileSync(file, JSON.stringify(ingress));
      const { objects, providers } = convert([ingress]);
      const plain = await istioAmbient(["convert", "-f", file, "--report", "json"]);
      assert.deepEqual([plain.code, plain.out], [0, yamlText(objects, providers)]);
      const { extensionProviders } = JSON.parse(plain.err) as { extensionProviders: object[] };
      assert.deepEqual(extensionProviders, providers);
      const program = await istioAmbient(["convert", "-f", file, "--output", "typescript"]);
      assert.deepEqual([program.code, program.out], [0, convertedProgram(objects, providers)]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it("say nothing where no policy needs one, or nothing is written", () => {
    const { objects, providers } = convert([ingressWith({})]);
    assert.deepEqual([providers, yamlText(objects, providers)], [[], yamlText(objects)]);
    assert.deepEqual(convert([ingressWith({ "auth-url": guard, satisfy: "any" })]).providers, []);
  });

  it("have all headers of what one name stands for", () => {
    const http = (more: object) => ({ name: "guard", envoyExtAuthzHttp: { service: "a", port: 80, ...more } });
    assert.deepEqual(
      distinct([
        http({ headersToUpstreamOnAllow: ["x-user"], includeAdditionalHeadersInCheck: { A: "1" } }),
        http({ headersToUpstreamOnAllow: ["x-email", "x-user"], includeAdditionalHeadersInCheck: { B: "2" } }),
      ]),
      [
        http({
          headersToUpstreamOnAllow: ["x-user", "x-email"],
          includeAdditionalHeadersInCheck: { B: "2", A: "1" },
        }),
      ],
    );
  });
});
