// Addresses and blocks of them, of both families, as numbers.

interface Address {
  family: 4 | 6;
  value: bigint;
}

/** Whether an address lies in a block and in none of its exceptions. What is no address lies in none. */
export function isInBlock(address: string, { cidr, except }: { cidr: string; except: string[] }): boolean {
  const parsed = parseAddress(address);
  return parsed !== undefined && lies(parsed, cidr) && !except.some((inner) => lies(parsed, inner));
}

/** True for an address of the newer family. */
export function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** The block that holds one address and no other. */
export function blockOf(address: string): string {
  return `${address}/${isIpv6(address) ? 128 : 32}`;
}

function lies(address: Address, cidr: string): boolean {
  const [base = "", length = ""] = cidr.split("/");
  const network = parseAddress(base);
  if (network?.family !== address.family) return false;
  const bits = network.family === 4 ? 32 : 128;
  const host = BigInt(Math.max(0, bits - Number(length)));
  return address.value >> host === network.value >> host;
}

function parseAddress(text: string): Address | undefined {
  const value = isIpv6(text) ? parseIpv6(text) : parseIpv4(text);
  return value === undefined ? undefined : { family: isIpv6(text) ? 6 : 4, value };
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part))) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parseIpv6(text: string): bigint | undefined {
  const [head = "", tail] = text.split("::");
  const groups = (part: string) => (part === "" ? [] : part.split(":"));
  const left = groups(head);
  const right = groups(tail ?? "");
  const missing = 8 - left.length - right.length;
  const all = tail === undefined ? left : [...left, ...Array.from({ length: missing }, () => "0"), ...right];
  if (all.length !== 8 || !all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
