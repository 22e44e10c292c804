// Rows of the verdict table for policies by the address that a connection is to.
import type { AuthorizationSpec } from "../../../lib/migration/objects";
import { own, to, type Row } from "./verdict-rows";

export const addresses: [string, AuthorizationSpec, Row][] = [
  [
    "address-condition",
    { ...own, rules: [{ when: [{ key: "destination.ip", values: ["10.0.0.9"] }] }] },
    ["carries-over", "ztunnel enforces it as a sidecar does"],
  ],
  [
    "address-and-methods",
    { ...own, rules: [{ ...to({ methods: ["GET"] }), when: [{ key: "destination.ip", values: ["10.0.0.9"] }] }] },
    ["blocks", "a waypoint compares destination.ip with the address of the Service, not with those of its pods"],
  ],
  [
    "address-and-sni",
    {
      ...own,
      rules: [
        {
          when: [
            { key: "destination.ip", notValues: ["10.0.0.9"] },
            { key: "connection.sni", values: ["a"] },
          ],
        },
      ],
    },
    [
      "blocks",
      "only a sidecar can judge connection.sni; a waypoint compares destination.ip with the address of the Service, not with " +
        "those of its pods",
    ],
  ],
];
