// The machine's ports that lead to the sandbox: which ones, and what is said of one that is taken.
import * as assert from "node:assert/strict";
import * as net from "node:net";
import { Instance } from "../../sandbox/instance";
import { checkKept, checkPorts, wantedPorts } from "../../sandbox/control-plane/ports";

const ofCheckout = Instance.current({});
const other = new Instance("/sandbox");

describe("the machine's ports", () => {
  it("are 8081 and 8444 for the checkout's own sandbox, and free ones for any other", () => {
    assert.deepEqual(wantedPorts(ofCheckout, {}), { http: 8081, https: 8444 });
    assert.deepEqual(wantedPorts(other, {}), { http: 0, https: 0 });
  });

  it("are those that are asked for", () => {
    const asked = { SANDBOX_HTTP_PORT: "9081", SANDBOX_HTTPS_PORT: "65535" };
    assert.deepEqual(wantedPorts(ofCheckout, asked), { http: 9081, https: 65535 });
    assert.deepEqual(wantedPorts(other, asked), { http: 9081, https: 65535 });
  });

  for (const text of ["65536", "-1", "http", ""]) {
    it(`refuse "${text}"`, () => {
      assert.throws(() => wantedPorts(other, { SANDBOX_HTTPS_PORT: text }), {
        message: `SANDBOX_HTTPS_PORT: got "${text}"; it is a port from 1 to 65535, or 0 for a free one; write \`SANDBOX_HTTPS_PORT=8444\``,
      });
    });
  }

  it("are two", () => {
    assert.throws(() => wantedPorts(other, { SANDBOX_HTTP_PORT: "9000", SANDBOX_HTTPS_PORT: "9000" }), {
      message: 'SANDBOX_HTTPS_PORT: got "9000"; http has this port; write `SANDBOX_HTTPS_PORT=0` for a free port',
    });
  });

  it("stay as they are while the sandbox runs", () => {
    const running = { http: 8081, https: 40001 };
    checkKept(running, {});
    checkKept(running, { SANDBOX_HTTP_PORT: "8081", SANDBOX_HTTPS_PORT: "0" });
    assert.throws(() => checkKept(running, { SANDBOX_HTTP_PORT: "9000", SANDBOX_HTTPS_PORT: "8444" }), {
      message:
        'SANDBOX_HTTP_PORT: got "9000"; this sandbox runs with 8081; run `make down` first\n' +
        'SANDBOX_HTTPS_PORT: got "8444"; this sandbox runs with 40001; run `make down` first',
    });
  });

  it("are both named when other programs have them", async () => {
    const holders = await Promise.all(
      [0, 1].map(
        () =>
          new Promise<net.Server>((resolve) => {
            const holder = net.createServer().listen(0, "127.0.0.1", () => resolve(holder));
          }),
      ),
    );
    const [http = 0, https = 0] = holders.map((holder) => (holder.address() as net.AddressInfo).port);
    await assert.rejects(checkPorts({ http, https }), {
      message:
        `SANDBOX_HTTP_PORT: got "${http}"; another program listens on 127.0.0.1:${http}; write \`SANDBOX_HTTP_PORT=0\` for a free port\n` +
        `SANDBOX_HTTPS_PORT: got "${https}"; another program listens on 127.0.0.1:${https}; write \`SANDBOX_HTTPS_PORT=0\` for a free port`,
    });
    await Promise.all(holders.map((holder) => new Promise((resolve) => holder.close(resolve))));
  });

  it("are named when another program has one, and none is held afterwards", async () => {
    const holder = net.createServer();
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
    const taken = (holder.address() as net.AddressInfo).port;
    await assert.rejects(checkPorts({ http: 0, https: taken }), {
      message: `SANDBOX_HTTPS_PORT: got "${taken}"; another program listens on 127.0.0.1:${taken}; write \`SANDBOX_HTTPS_PORT=0\` for a free port`,
    });
    await new Promise((resolve) => holder.close(resolve));
    await checkPorts({ http: 0, https: taken });
    await checkPorts({ http: 0, https: taken });
  });
});
