// The certificate of the sandbox's webhook, as a TLS client takes it.
import * as assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import { servingCertificate } from "../../sandbox/pods/serving-certificate";

const names = ["webhook", "webhook.tls.svc", `${"long-".repeat(40)}name.svc`];

describe("the sandbox's serving certificate", () => {
  const { certificate, key } = servingCertificate(names);

  it("signs itself, and names every name that it is for", () => {
    const read = new X509Certificate(certificate);
    assert.equal(read.subjectAltName, names.map((name) => `DNS:${name}`).join(", "));
    assert.ok(read.verify(read.publicKey));
    assert.ok(read.validToDate > read.validFromDate);
  });

  it("is trusted as its own CA under these names, and under no other", async () => {
    const server = https.createServer({ cert: certificate, key }, (_, response) => response.end("ok"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ask = (servername: string) =>
      new Promise((resolve) => {
        const options = { port, host: "127.0.0.1", servername, ca: certificate, agent: false };
        https
          .get(options, (response) => resolve(response.statusCode))
          .on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      });
    try {
      assert.deepEqual(
        [await ask("webhook.tls.svc"), await ask("other.tls.svc")],
        [200, "ERR_TLS_CERT_ALTNAME_INVALID"],
      );
    } finally {
      server.close();
    }
  });
});
