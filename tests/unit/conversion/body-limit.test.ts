// The module that limits bodies, run as Envoy runs it: what it asks of Envoy, and what it answers to requests of any kind.
import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { bodyLimitModule } from "../../../lib/conversion/body-limit";

type Call = (...values: number[]) => number;

/** A request: its headers, and its body as it comes. */
interface Sent {
  headers: { [name: string]: string };
  chunks: number[];
}

/** What becomes of requests on a route that limits bodies to so many bytes, or says nothing of it. */
async function answers(limit: number | undefined, requests: readonly Sent[]): Promise<(string | undefined)[]> {
  const ofRoute = limit === undefined ? undefined : Buffer.from(String(limit));
  let current = 0;
  let answer: string | undefined;
  const kept = new Map<string, Buffer>();
  const memory = () => Buffer.from((instance.exports["memory"] as WebAssembly.Memory).buffer);
  const read = (at: number, length: number) => Buffer.from(memory().subarray(at, at + length));
  /** Envoy has the module give it room for what it asks for. */
  const give = (value: Buffer | undefined, at: number, length: number): number => {
    if (value === undefined) return 1;
    const room = call("proxy_on_memory_allocate", value.length);
    if (room === 0) return 6;
    memory().set(value, room);
    memory().writeUInt32LE(room, at);
    memory().writeUInt32LE(value.length, length);
    return 0;
  };
  const env: { [name: string]: Call } = {
    proxy_get_header_map_value: (map, at, length, to, toLength) => {
      assert.equal(map, 0);
      const value = requests[current]!.headers[read(at!, length!).toString()];
      return give(value === undefined ? undefined : Buffer.from(value), to!, toLength!);
    },
    proxy_get_property: (at, length, to, toLength) => {
      const name = read(at!, length!).toString();
      const isLimit = name.split("\0").join() === "xds,route_metadata,filter_metadata,istio-ambient,body_limit";
      const own = isLimit ? ofRoute : kept.get(`${current} ${name}`);
      return give(own, to!, toLength!);
    },
    proxy_set_property: (at, length, value, valueLength) => {
      kept.set(`${current} ${read(at!, length!).toString()}`, read(value!, valueLength!));
      return 0;
    },
    proxy_send_local_response: (status, details, detailsLength, body, bodyLength, pairs, pairsLength, grpc) => {
      assert.deepEqual([read(details!, detailsLength!).toString(), pairs, pairsLength, grpc], ["body_limit", 0, 0, -1]);
      answer = `${status} ${read(body!, bodyLength!).toString()}`;
      return 0;
    },
  };
  const { instance } = await WebAssembly.instantiate(bodyLimitModule(), { env });
  const call = (name: string, ...values: number[]) => (instance.exports[name] as Call)(...values);
  const given: (string | undefined)[] = requests.map(() => undefined);
  const left = requests.map(({ chunks }) => [...chunks]);
  for (const index of requests.keys()) {
    [current, answer] = [index, undefined];
    assert.equal(call("proxy_on_request_headers", index, 3, 0), answer === undefined ? 0 : 1);
    given[index] = answer;
  }
  // Their bodies come at the same time.
  while (left.some((chunks, index) => chunks.length > 0 && given[index] === undefined)) {
    for (const index of requests.keys()) {
      const chunk = given[index] === undefined ? left[index]!.shift() : undefined;
      if (chunk === undefined) continue;
      [current, answer] = [index, undefined];
      assert.equal(call("proxy_on_request_body", index, chunk, 0), answer === undefined ? 0 : 3);
      given[index] = answer;
    }
  }
  return given;
}

const tooLarge = "413 Payload Too Large";
const chunked = (...chunks: number[]): Sent => ({ headers: {}, chunks });
const announced = (length: string, ...chunks: number[]): Sent => ({ headers: { "content-length": length }, chunks });

describe("the module that limits bodies", () => {
  it("judges a body by its length ahead, and one without it once there is too much of it", async () => {
    const upgrade: Sent = { headers: { upgrade: "websocket" }, chunks: [900, 900] };
    assert.deepEqual(
      await answers(1000, [
        announced("1000", 600, 400),
        announced("1001", 600),
        announced("99999999999999999999999999999999", 1),
        announced("0"),
        chunked(),
        chunked(1000),
        chunked(600, 400),
        chunked(600, 401),
        chunked(1001),
        upgrade,
      ]),
      [undefined, tooLarge, tooLarge, undefined, undefined, undefined, undefined, tooLarge, tooLarge, undefined],
    );
  });

  it("takes any limit, and any number of requests at the same time", async () => {
    const size = fc.integer({ min: 0, max: 2 ** 31 });
    const request = fc.record({ isAnnounced: fc.boolean(), chunks: fc.array(size, { maxLength: 5 }) });
    const total = (chunks: number[]) => chunks.reduce((sum, one) => sum + one, 0);
    const requests = fc.array(request, { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(requests, fc.integer({ min: -1, max: 1 }), async (all, beside) => {
        const limit = Math.max(1, total(all[0]!.chunks) + beside);
        const sent = all.map(({ isAnnounced, chunks }) =>
          isAnnounced ? announced(String(total(chunks)), ...chunks) : chunked(...chunks),
        );
        const wanted = all.map(({ chunks }) => (total(chunks) > limit ? tooLarge : undefined));
        assert.deepEqual(await answers(limit, sent), wanted);
      }),
    );
  });

  it("lets everything pass on a route without a limit", async () => {
    assert.deepEqual(await answers(undefined, [announced("1001", 1001), chunked(1001)]), [undefined, undefined]);
  });

  it("takes a header that there is no room for as none", async () => {
    assert.deepEqual(await answers(1000, [{ headers: { upgrade: "x".repeat(200_000) }, chunks: [1001] }]), [tooLarge]);
  });

  it("has what Envoy looks for, and nothing else", () => {
    const compiled = new WebAssembly.Module(bodyLimitModule());
    assert.deepEqual(
      WebAssembly.Module.exports(compiled).map(({ name }) => name),
      [
        "memory",
        "proxy_abi_version_0_2_1",
        "proxy_on_memory_allocate",
        "proxy_on_request_headers",
        "proxy_on_request_body",
      ],
    );
    assert.deepEqual(
      WebAssembly.Module.imports(compiled).map(({ module, name }) => `${module}.${name}`),
      [
        "env.proxy_get_header_map_value",
        "env.proxy_get_property",
        "env.proxy_set_property",
        "env.proxy_send_local_response",
      ],
    );
  });
});
