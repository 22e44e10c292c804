// Addresses and blocks of them, of both families, as numbers.

/** An address as a number. */
export interface Address {
  family: 4 | 6;
  value: bigint;
}

/** A block of addresses, and the blocks in it that do not count. */
export interface Block {
  cidr: string;
  except: string[];
}

/** Whether an address lies in a block and in none of its exceptions. What is no address lies in none. */
export function isInBlock(address: string, block: Block): boolean {
  return inBlock(block)(parseAddress(address));
}

/** The same for many addresses: the block is read once. */
export function inBlock({ cidr, except }: Block): (address: Address | undefined) => boolean {
  const outer = parseBlock(cidr);
  const inner = except.map(parseBlock);
  return (address) => address !== undefined && lies(address, outer) && !inner.some((block) => lies(address, block));
}

/** True for an address of the newer family. */
export function isIpv6(address: string): boolean {
  return address.includes(":");
}

/** The block that holds one address and no other. */
export function blockOf(address: string): string {
  return `${address}/${isIpv6(address) ? 128 : 32}`;
}

interface ParsedBlock {
  family?: 4 | 6;
  first: bigint;
  last: bigint;
}

function parseBlock(cidr: string): ParsedBlock {
  const [base = "", length = ""] = cidr.split("/");
  const network = parseAddress(base);
  const size = 1n << BigInt(Math.max(0, (network?.family === 6 ? 128 : 32) - Number(length)));
  const first = ((network?.value ?? 0n) / size) * size;
  return { family: network?.family, first, last: first + size - 1n };
}

function lies({ family, value }: Address, block: ParsedBlock): boolean {
  return family === block.family && block.first <= value && value <= block.last;
}

/** Nothing for what is no address. */
export function parseAddress(text: string): Address | undefined {
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
