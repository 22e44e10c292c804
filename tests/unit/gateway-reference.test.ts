// What a route learns of a gateway from the reference alone.
import * as assert from "node:assert/strict";
import { listenersFor, referenceTold, servedBy } from "../../lib/gateway-api/reference";

const http = { name: "http", protocol: "HTTP", port: 80 };
const https = { name: "https", protocol: "HTTPS", port: 443 };

describe("a reference to a gateway", () => {
  it("tells nothing of it where it is a name alone", () => {
    assert.equal(servedBy({}), undefined);
  });

  it("tells its listeners by protocol, its names, and the port outside", () => {
    const gateway = {
      listeners: [http, https],
      hostPorts: { http: 8081, https: 8444 },
      certificateNames: ["localhost"],
    };
    assert.deepEqual(servedBy(gateway), {
      certificateNames: ["localhost"],
      httpsPort: 8444,
      listeners: { http: ["http"], https: ["https"] },
    });
  });

  it("tells nothing by nulls and empty lists, which .NET writes in place of what is missing", () => {
    const told = { name: "shared", namespace: "infra", listeners: [{ ...http, hostname: null }, https] };
    assert.deepEqual(
      referenceTold({ ...told, hostPorts: { http: 8081, https: null }, certificateNames: [], serviceAccount: null }),
      { name: "shared", namespace: "infra", listeners: [http, https], hostPorts: { http: 8081 } },
    );
    assert.deepEqual(referenceTold({ name: "shared", listeners: [], hostPorts: null, certificateNames: null }), {
      name: "shared",
    });
    // What is written by hand is checked as it is.
    assert.deepEqual(referenceTold({ name: null, section: null }), { name: null, section: null });
    assert.deepEqual([null, undefined, "shared"].map(referenceTold), [null, undefined, "shared"]);
  });

  it("tells the host names where every listener has one, each once", () => {
    const one = { ...http, hostname: "a.example.com" };
    const two = { ...http, name: "http-2", hostname: "b.example.com" };
    assert.deepEqual(servedBy({ listeners: [one, two, { ...https, hostname: "a.example.com" }] }), {
      hostnames: ["a.example.com", "b.example.com"],
      httpsPort: 443,
      listeners: { http: ["http", "http-2"], https: ["https"] },
    });
    assert.equal(servedBy({ listeners: [one, http] })?.hostnames, undefined);
  });

  it("tells the listeners of a protocol that take hosts, and all of them where none does", () => {
    const shop = { ...https, name: "https-shop", hostname: "*.shop.example.com" };
    const gateway = { listeners: [http, shop, { ...https, name: "https-org", hostname: "a.org" }] };
    const found = [["web.shop.example.com"], ["a.org", "b.org"], ["b.org"], undefined].map((hosts) =>
      listenersFor(gateway, "https", hosts),
    );
    assert.deepEqual(found, [["https-shop"], ["https-org"], ["https-shop", "https-org"], ["https-shop", "https-org"]]);
  });
});
