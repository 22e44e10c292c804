// What `convert --compare` finds between NGINX and the gateway, and what of it the report has said before.

/** What --compare gives as data. */
export interface Comparison {
  sent: number;
  left: number;
  differences: {
    request: { scheme: string; method: string; host: string; path: string };
    what: { [name: string]: { nginx: string; gateway: string } };
  }[];
}

/** What the report says: case counts where a prefix is rewritten, which takes its own path too. */
export function isSaid(host: string, asked: string): boolean {
  if (host === "base.test" && /^\/foo\/bar\/?$/.test(asked)) return true;
  return (host === "groups.test" || host === "base.test") && /[A-Z]/.test(asked);
}
