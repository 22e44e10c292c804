// Kubernetes quantities ("100m", "64Mi"): read, compared and added without losing the user's way of writing them.

const suffixes: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity stands for (cores, bytes), or undefined where the text is no quantity. */
export function parseQuantity(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([eE][+-]?[0-9]+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(text);
  if (!match) {
    return undefined;
  }
  const [, digits, exponent, suffix] = match;
  return exponent ? Number(`${digits}${exponent}`) : Number(digits) * suffixes[suffix ?? ""]!;
}

/** CPU as people write it: "250m", "2". */
export function formatCpu(cores: number): string {
  const milli = Math.round(cores * 1000);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/** Memory as people write it: the largest binary unit that needs no fraction. */
export function formatMemory(bytes: number): string {
  const whole = Math.round(bytes);
  for (const unit of ["Gi", "Mi", "Ki"]) {
    if (whole !== 0 && whole % suffixes[unit]! === 0) {
      return `${whole / suffixes[unit]!}${unit}`;
    }
  }
  return String(whole);
}
