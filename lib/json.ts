// Plain data, as it goes over the wire.

/** A JSON value. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
