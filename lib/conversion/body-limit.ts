// A WebAssembly module that limits bodies as they pass, by which Envoy answers 413 as NGINX does. Its other filters would have
// to keep a body without a Content-Length in memory to know its size. The instructions are written down here, so that the
// objects contain no code whose source is elsewhere; see https://github.com/proxy-wasm/spec for what Envoy calls.

const [i32, i64] = [0x7f, 0x7e];
const end = 0x0b;

/** A number as WebAssembly writes it. */
function signed(value: bigint): number[] {
  const [low, rest] = [Number(value & 0x7fn), value >> 7n];
  const isLast = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

const text = (value: string) => [...Buffer.from(value)];
const counted = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes];
const list = (items: readonly (readonly number[])[]) => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]) => [id, ...counted(content)];
const type = (takes: number[], gives: number[]) => [0x60, ...counted(takes), ...counted(gives)];

const int = (value: number) => [0x41, ...signed(BigInt(value))];
const long = (value: bigint) => [0x42, ...signed(value)];
const call = (index: number) => [0x10, ...unsigned(index)];
const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const load = (address: number[]) => [...address, 0x28, 2, 0];
const loadByte = (address: number[]) => [...address, 0x2d, 0, 0];
const loadLong = (address: number[]) => [...address, 0x29, 3, 0];
const storeLong = (address: number[], value: number[]) => [...address, ...value, 0x37, 3, 0];
const when = (condition: number[], then: number[]) => [...condition, 0x04, 0x40, ...then, end];
const give = (value: number[]) => [...value, 0x0f];

/** Where Envoy puts the address and the length of what it is asked for, and what is counted. */
const [found, foundLength, counter] = [0, 4, 8];
/** What Envoy writes, one thing at a time, up to the end of the memory. */
const [buffer, pages] = [4096, 2];
const memoryBytes = pages * 65_536;

/** Where a route has its limit among its metadata, and how Envoy is asked for it. */
const [namespace, field] = ["istio-ambient", "body_limit"] as const;
const limit = `xds\0route_metadata\0filter_metadata\0${namespace}\0${field}` as const;

/** The metadata of a route whose bodies have so many bytes at most. */
export function limitedTo(bytes: number): object {
  return { [namespace]: { [field]: String(bytes) } };
}

const strings = ["content-length", "upgrade", "istio-ambient.body", limit, "Payload Too Large", field] as const;
const addressOf = (name: (typeof strings)[number]) => 16 + 128 * strings.indexOf(name);
/** Address and length of a string. */
const argument = (name: (typeof strings)[number]) => [...int(addressOf(name)), ...int(name.length)];

const types = {
  nothing: type([], []),
  allocate: type([i32], [i32]),
  callback: type([i32, i32, i32], [i32]),
  property: type([i32, i32, i32, i32], [i32]),
  header: type([i32, i32, i32, i32, i32], [i32]),
  answer: type([i32, i32, i32, i32, i32, i32, i32, i32], [i32]),
  number: type([], [i64]),
};
const typeIndex = (name: keyof typeof types) => Object.keys(types).indexOf(name);

const imports = [
  ["proxy_get_header_map_value", "header"],
  ["proxy_get_property", "property"],
  ["proxy_set_property", "property"],
  ["proxy_send_local_response", "answer"],
] as const;
const imported = (name: (typeof imports)[number][0]) => call(imports.findIndex(([one]) => one === name));

/** Asks for a header of the request; gives 0 where there is one. */
const header = (name: "content-length" | "upgrade") => [
  ...int(0),
  ...argument(name),
  ...int(found),
  ...int(foundLength),
  ...imported("proxy_get_header_map_value"),
];

/** Answers 413; `result` is what Envoy shall do with the request. */
const refuse = (result: number) => [
  ...int(413),
  ...argument("body_limit"),
  ...argument("Payload Too Large"),
  ...int(0),
  ...int(0),
  ...int(-1),
  ...imported("proxy_send_local_response"),
  0x1a,
  ...give(int(result)),
];

/** As many digits as are looked at. */
const longest = 10n ** 17n;

/** The number that Envoy has written in digits. */
const numberFound = (): number[] => {
  const [at, last, sum] = [0, 1, 2].map(get) as [number[], number[], number[]];
  const digit = [...loadByte(at), ...int(48), 0x6b, 0xad];
  return [
    ...[...load(int(found)), ...set(0)],
    ...[...at, ...load(int(foundLength)), 0x6a, ...set(1)],
    ...[0x02, 0x40, 0x03, 0x40],
    ...[...at, ...last, 0x46, 0x0d, 1],
    ...[...sum, ...long(longest), 0x59, 0x0d, 1],
    ...[...sum, ...long(10n), 0x7e, ...digit, 0x7c, ...set(2)],
    ...[...at, ...int(1), 0x6a, ...set(0)],
    ...[0x0c, 0, end, end],
    ...sum,
  ];
};

/** Below what any body adds to it. */
const uncounted = -(2n ** 62n);

/** Remembers how much of a body there has been: nothing but what Envoy keeps for the request outlasts a call. */
const remember = (count: number[]) => [
  ...storeLong(int(counter), count),
  ...[...argument("istio-ambient.body"), ...int(counter), ...int(8), ...imported("proxy_set_property"), 0x1a],
];

/** Asks for a property of the request or of its route; gives 0 where there is one. */
const property = (name: (typeof strings)[number]) => [
  ...argument(name),
  ...int(found),
  ...int(foundLength),
  ...imported("proxy_get_property"),
];

const number = call(imports.length);
/** Answers 413 where there is more than the route says. */
const check = (count: number[], result: number) =>
  when([...property(limit), 0x45], when([...count, ...number, 0x55], refuse(result)));

/** What Envoy calls, after the imports. */
const functions = [
  { name: undefined, type: "number", locals: [1, i32, 1, i32, 1, i64], code: numberFound() },
  { name: "proxy_abi_version_0_2_1", type: "nothing", locals: [], code: [] },
  {
    name: "proxy_on_memory_allocate",
    type: "allocate",
    locals: [],
    code: [...when([...get(0), ...int(memoryBytes - buffer), 0x4b], give(int(0))), ...int(buffer)],
  },
  {
    name: "proxy_on_request_headers",
    type: "callback",
    locals: [1, i64],
    code: [
      ...when(
        [...header("content-length"), 0x45],
        [...[...number, ...set(3)], ...check(get(3), 1), ...remember(long(uncounted))],
      ),
      // An upgraded connection has no body.
      ...when([...header("upgrade"), 0x45], remember(long(uncounted))),
      ...int(0),
    ],
  },
  {
    name: "proxy_on_request_body",
    type: "callback",
    locals: [1, i64],
    code: [
      ...when([...property("istio-ambient.body"), 0x45], [...loadLong(load(int(found))), ...set(3)]),
      ...[...get(3), ...get(1), 0xad, 0x7c, ...set(3)],
      ...remember(get(3)),
      ...check(get(3), 3),
      ...int(0),
    ],
  },
] as const;

/** The module: one for all limits, of which Envoy keeps one in each worker. */
export function bodyLimitModule(): Uint8Array<ArrayBuffer> {
  const index = (position: number) => unsigned(imports.length + position);
  const exported = functions.flatMap(({ name }, position) =>
    name === undefined ? [] : [[...counted(text(name)), 0, ...index(position)]],
  );
  const locals = (given: readonly number[]) => [...unsigned(given.length / 2), ...given];
  return Uint8Array.from([
    ...[0, ...text("asm"), 1, 0, 0, 0],
    ...section(1, list(Object.values(types))),
    ...section(
      2,
      list(imports.map(([name, kind]) => [...counted(text("env")), ...counted(text(name)), 0, typeIndex(kind)])),
    ),
    ...section(3, list(functions.map((one) => [typeIndex(one.type)]))),
    ...section(5, list([[0, ...unsigned(pages)]])),
    ...section(7, list([[...counted(text("memory")), 2, 0], ...exported])),
    ...section(10, list(functions.map((one) => counted([...locals(one.locals), ...one.code, end])))),
    ...section(11, list(strings.map((one) => [0, ...int(addressOf(one)), end, ...counted(text(one))]))),
  ]);
}
