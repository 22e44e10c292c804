// Amounts as a person reads them: a few digits and one unit.

const mebibyte = 2 ** 20;

/** "45.4 MiB", "654 MiB", "2.1 GiB". */
export function memoryText(bytes: number): string {
  const mebibytes = bytes / mebibyte;
  if (Math.abs(mebibytes) < 99.95) return `${mebibytes.toFixed(1)} MiB`;
  return Math.abs(mebibytes) < 1023.5 ? `${mebibytes.toFixed(0)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** "3m", "1.25": millicores, cores from one on. */
export function cpuText(cores: number): string {
  const milli = Math.round(cores * 1000);
  return milli >= 1000 ? String(milli / 1000) : `${milli}m`;
}

/** Bytes of so many MiB. */
export function mebibytes(number: number): number {
  return number * mebibyte;
}

/** The next quantity above an amount of memory that a person would write: "64Mi". */
export function memoryQuantity(bytes: number, step: number): string {
  return `${Math.max(1, Math.ceil(bytes / mebibyte / step)) * step}Mi`;
}

/** The next quantity above an amount of CPU that a person would write: "50m". */
export function cpuQuantity(cores: number, step: number): string {
  return `${Math.max(1, Math.ceil((cores * 1000) / step)) * step}m`;
}
