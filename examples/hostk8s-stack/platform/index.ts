// The platform team's stack: the mesh, and what it gives to the stacks of application teams.
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs } from "istio-ambient";

const config = new pulumi.Config();
const mesh = new AmbientMesh("mesh", config.getObject<AmbientMeshArgs>("mesh"));

// One output tells a route all about the gateway: name, listeners, hosts, and the ports that lead to it.
export const gateway = mesh.gateway;
export const url = mesh.httpsUrl;
export const caCertificate = mesh.caCertificate;
