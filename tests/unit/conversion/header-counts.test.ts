// How many headers an HTTPRoute changes, and which values it takes.
import * as assert from "node:assert/strict";
import { convert, standardOptions, type Conversion } from "../../../lib/conversion/convert";
import { ingressWith, only, verdicts } from "./cases";

const given = { "custom-headers": "shop/headers" };

function converted(data: { [name: string]: string }, options = standardOptions): Conversion {
  const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "headers", namespace: "shop" }, data };
  return convert([ingressWith(given), config], options);
}

const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-${index}`, "a"]));

describe("the headers of a rule", () => {
  it("are taken away where they have no value", () => {
    const { objects } = converted({ "X-A": "b", "X-Powered-By": " " });
    const [rule] = (only(objects, "HTTPRoute").spec as { rules: { filters: object[] }[] }).rules;
    const changes = { set: [{ name: "X-A", value: "b" }], remove: ["X-Powered-By"] };
    assert.deepEqual(rule?.filters, [{ type: "ResponseHeaderModifier", responseHeaderModifier: changes }]);
  });

  it("are sixteen of a kind at most", () => {
    assert.equal(converted(headers(16)).refused, false);
    const { entries, objects } = converted(headers(17));
    assert.deepEqual(objects, []);
    assert.deepEqual(verdicts(entries), [
      "custom-headers: refused (a rule would set 17 headers, and an HTTPRoute takes 16) way out: fewer headers, and the others from the application",
    ]);
  });

  it("are counted with those that --nginx-headers sets for backends", () => {
    const lines = (count: number) =>
      Object.keys(headers(count))
        .map((name) => `proxy_set_header ${name} a;`)
        .join("\n");
    const refused = (count: number) => {
      const gateway = { ...standardOptions.gateway, nginxHeaders: true };
      return convert([ingressWith({ "configuration-snippet": lines(count) })], { ...standardOptions, gateway }).refused;
    };
    assert.deepEqual([refused(10), refused(11)], [false, true]);
  });
});
