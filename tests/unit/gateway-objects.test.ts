// The specs behind a gateway: listeners, overlay, ports in istiod's order, certificates, addresses.
import * as assert from "node:assert/strict";
import { parse } from "yaml";
import {
  authoritySpec,
  balancedAddress,
  certificateNames,
  certificateSpec,
  gatewaySpec,
  overlayData,
  patchedService,
  url,
} from "../../components/gateway/objects";

interface Listener {
  name: string;
  port: number;
  protocol: string;
  hostname?: string;
  tls?: { certificateRefs: { name: string }[] };
  allowedRoutes: object;
}

const listeners = (spec: object) => (spec as { listeners: Listener[] }).listeners;

describe("the Gateway", () => {
  it("has http and https for every host where none is named", () => {
    const spec = gatewaySpec({ https: true, secretName: "cert" }, "web", "web-overlay");
    assert.deepEqual(
      listeners(spec).map(({ name, port, protocol, hostname }) => [name, port, protocol, hostname]),
      [
        ["http", 80, "HTTP", undefined],
        ["https", 443, "HTTPS", undefined],
      ],
    );
    assert.deepEqual(listeners(spec)[1]!.tls!.certificateRefs, [{ group: "", kind: "Secret", name: "cert" }]);
    assert.deepEqual(listeners(spec)[0]!.allowedRoutes, { namespaces: { from: "All" } });
  });

  it("keeps annotations of its own off the Service, and names its overlay", () => {
    const { infrastructure } = gatewaySpec({ https: true, secretName: "cert" }, "web", "web-overlay") as {
      infrastructure: { annotations: object; parametersRef: object };
    };
    assert.notDeepEqual(infrastructure.annotations, {});
    assert.deepEqual(infrastructure.parametersRef, { group: "", kind: "ConfigMap", name: "web-overlay" });
  });

  it("has listeners for each host name, whose names stay when another host name is added", () => {
    const named = (hostnames: string[]) =>
      listeners(gatewaySpec({ https: true, secretName: "cert", hostnames }, "web", "o")).map((l) => [
        l.name,
        l.hostname,
      ]);
    const one = named(["a.example.com"]);
    const two = named(["a.example.com", "b.example.com"]);
    assert.deepEqual(two, [
      ["http", "a.example.com"],
      ["http-2", "b.example.com"],
      ["https", "a.example.com"],
      ["https-2", "b.example.com"],
    ]);
    assert.ok(one.every((listener) => two.some((other) => other.join() === listener.join())));
  });

  it("lets routes attach by the labels of their namespace", () => {
    const allowedRoutes = { from: "Selector", selector: { team: "shop" } };
    const [http] = listeners(gatewaySpec({ https: false, secretName: "", allowedRoutes }, "web", "o"));
    assert.deepEqual(http!.allowedRoutes, {
      namespaces: { from: "Selector", selector: { matchLabels: { team: "shop" } } },
    });
  });
});

describe("ListenerSets", () => {
  const allowed = (allowedListeners?: { from?: string; selector?: { [label: string]: string } }) =>
    gatewaySpec({ https: true, secretName: "cert", ...(allowedListeners && { allowedListeners }) }, "web", "o") as {
      allowedListeners?: object;
    };

  it("may not attach unless they are allowed to, and the field is absent then", () => {
    for (const spec of [allowed(), allowed({}), allowed({ from: "None" })]) {
      assert.ok(!("allowedListeners" in spec), JSON.stringify(spec));
    }
  });

  it("attach from every namespace, or by the labels of theirs", () => {
    assert.deepEqual(allowed({ from: "All" }).allowedListeners, { namespaces: { from: "All" } });
    assert.deepEqual(allowed({ from: "Selector", selector: { team: "shop" } }).allowedListeners, {
      namespaces: { from: "Selector", selector: { matchLabels: { team: "shop" } } },
    });
  });
});

describe("the overlay", () => {
  it("gives the Service its type and NodePorts, the pods their number and requests, and no limit", () => {
    const data = overlayData({ serviceType: "NodePort", https: true, httpNodePort: 30100 }, { replicas: 2 });
    assert.deepEqual(parse(data["service"]!), {
      spec: {
        type: "NodePort",
        ports: [
          { name: "http", port: 80, protocol: "TCP", nodePort: 30100 },
          { name: "https", port: 443, protocol: "TCP", nodePort: 30444 },
        ],
      },
    });
    assert.deepEqual(parse(data["deployment"]!), {
      spec: {
        replicas: 2,
        template: {
          spec: {
            containers: [
              { name: "istio-proxy", resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: null } },
            ],
          },
        },
      },
    });
  });

  it("names only the ports of listeners that exist, and no NodePorts for another type of Service", () => {
    const data = overlayData({ serviceType: "ClusterIP", https: false }, {});
    assert.deepEqual(parse(data["service"]!), {
      spec: { type: "ClusterIP", ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    });
  });
});

describe("the patch of the Service", () => {
  it("has istiod's own port first: lists are compared by position", () => {
    assert.deepEqual(patchedService({ serviceType: "NodePort", https: true }), {
      type: "NodePort",
      ports: [
        { name: "status-port", port: 15021, protocol: "TCP" },
        { name: "http", port: 80, protocol: "TCP", nodePort: 30081 },
        { name: "https", port: 443, protocol: "TCP", nodePort: 30444 },
      ],
    });
  });

  it("holds no ports of other types, so that those of a NodePort before are given up", () => {
    assert.deepEqual(patchedService({ serviceType: "LoadBalancer", https: true }), { type: "LoadBalancer" });
  });
});

describe("certificates", () => {
  it("hold the names of the original, without a wildcard under a top-level name, unless others are given", () => {
    const issued = { secretName: "cert", issuerName: "root", issuerKind: "ClusterIssuer" };
    const spec = certificateSpec({ ...issued, ...certificateNames({}, undefined) }) as Record<string, unknown>;
    const { dnsNames, ipAddresses, issuerRef, duration, renewBefore } = spec;
    assert.deepEqual(
      { dnsNames, ipAddresses, issuerRef, duration, renewBefore },
      {
        dnsNames: ["localhost", "hostk8s.local", "*.hostk8s.local"],
        ipAddresses: ["127.0.0.1", "::1"],
        issuerRef: { name: "root", kind: "ClusterIssuer", group: "cert-manager.io" },
        duration: "2160h",
        renewBefore: "720h",
      },
    );
    const own = { dnsNames: ["a.example.com"], ipAddresses: ["192.0.2.1"] };
    assert.deepEqual(certificateNames(own, ["shop.example.com"]), own);
  });

  it("hold what the listeners serve, and no address, where the gateway has hostnames", () => {
    const hostnames = ["shop.example.com", "*.apps.example.com"];
    assert.deepEqual(certificateNames({}, hostnames), { dnsNames: hostnames, ipAddresses: [] });
    const ipAddresses = ["192.0.2.1"];
    assert.deepEqual(certificateNames({ ipAddresses }, hostnames), { dnsNames: hostnames, ipAddresses });
  });

  it("have no common name longer than X.509 allows", () => {
    const long = `${"a".repeat(60)}.example.com`;
    const issued = { secretName: "cert", issuerName: "root", issuerKind: "Issuer" };
    const commonName = (dnsNames: string[]) =>
      (certificateSpec({ ...issued, dnsNames, ipAddresses: [] }) as { commonName?: string }).commonName;
    assert.equal(commonName([long, "b.example.com"]), "b.example.com");
    assert.equal(commonName([long]), undefined);
  });

  it("are signed by a CA that outlives them", () => {
    const authority = authoritySpec("web-ca", "web-ca", "web-selfsigned") as Record<string, unknown>;
    assert.deepEqual([authority["isCA"], authority["duration"]], [true, "87600h"]);
  });
});

describe("addresses", () => {
  it("leave out the port that the scheme implies, and put IPv6 in brackets", () => {
    assert.equal(url("http", "localhost", 8081), "http://localhost:8081");
    assert.equal(url("https", "apps.example.com", 443), "https://apps.example.com");
    assert.equal(url("http", "::1", 80), "http://[::1]");
  });

  it("of a load balancer are what it gave, and not the Service's name in the cluster", () => {
    const at = (...values: string[]) =>
      balancedAddress({ status: { addresses: values.map((value) => ({ value })) } }, "web-istio");
    assert.equal(at("web-istio.shop.svc.cluster.local"), undefined);
    assert.equal(at("192.0.2.10", "2001:db8::1"), "192.0.2.10");
    assert.equal(at("lb-7.example.com"), "lb-7.example.com");
    assert.equal(balancedAddress({}, "web-istio"), undefined);
  });
});
