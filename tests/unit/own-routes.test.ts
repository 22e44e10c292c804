// Two routes of one program on one Gateway: whole lines.
import * as assert from "node:assert/strict";
import type { GatewayReference } from "../../lib/references/reference";
import { cluster, judged, named, route } from "./references-cluster";

describe("a route of a program", () => {
  it("has no other route of the program with the same host and path on a listener, which both may name otherwise", () => {
    const web = {
      ...named(["a.example.com"]),
      name: "web",
      matches: [{ path: "rules[0].matches[0]", match: { prefix: "/a" } }],
    };
    const own = (name: string, more: Partial<GatewayReference> = {}) => route({ route: { ...web, name }, ...more });
    const beside = (one: GatewayReference, other = own("web")) =>
      judged(one, cluster, {}, [{ order: 0, component: 'HttpRoute "web"', reference: other }]);
    const [section, port] = [{ parents: [{ section: "http" }] }, { parents: [{ port: 80 }] }];
    const told = (rule: string, fix: string) => [
      `error It: \`rules[0].matches[0]\`: got "a.example.com/a"; ${rule}; write \`${fix}\``,
    ];
    const taken = told('must not have the host and path of HttpRoute "web"', 'prefix: "/other"');
    assert.deepEqual(beside(own("two")), taken);
    assert.deepEqual(beside(own("two", section)), taken);
    assert.deepEqual(beside(own("two"), own("web", port)), taken);
    assert.deepEqual(beside(own("two", section), own("web", section)), taken);
    assert.deepEqual(beside(own("two", port), own("web", port)), taken);
    const redirect = { ...section, redirects: true };
    const over = "the same host and path over http";
    assert.deepEqual(
      beside(own("two", redirect)),
      told(
        `HttpRoute "web" serves ${over}; set \`httpsOnly\` there instead of this redirect`,
        'new HttpRoute("web", { httpsOnly: true })',
      ),
    );
    assert.deepEqual(
      beside(own("two"), own("web", redirect)),
      told(`HttpRoute "web" redirects ${over} already; set \`httpsOnly\` on this route instead`, "httpsOnly: true"),
    );
    assert.deepEqual(beside(route({ route: { ...route().route, name: "two" } }), route()), [
      'error It: `parent`: got "*/"; must not have the host and path of HttpRoute "web"; write `hostnames: ' +
        '["other.example.com"]`',
    ]);
    const others = [
      [own("two", redirect), own("web", redirect)],
      [own("two", section), own("web", { parents: [{ section: "https" }] })],
      [own("two", section), own("web", port)],
    ] as const;
    for (const [one, other] of others) assert.deepEqual(beside(one, other), []);
    assert.deepEqual(beside(own("web")), []);
    assert.deepEqual(beside(own("two"), own("web", { gateway: { namespace: "other", name: "public" } })), []);
    assert.deepEqual(beside(route({ route: { ...web, name: "two", hostnames: ["b.example.com"] } })), []);
  });
});
