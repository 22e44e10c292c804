// The platform team's stack: the mesh, and what it gives to the stacks of application teams.
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs } from "istio-ambient";

const config = new pulumi.Config();
const certs = new pulumi.StackReference(config.require("certs"));

// The certificate of the gateway is signed by the issuer of the stack before this one.
const { gateway: given, ...args } = config.getObject<AmbientMeshArgs>("mesh") ?? {};
const certificate = { ...given?.certificate, issuerName: certs.requireOutput("issuerName") };
const mesh = new AmbientMesh("mesh", { ...args, gateway: { ...given, certificate } });

// One output tells a route all about the gateway: name, listeners, hosts, and the ports that lead to it.
export const gateway = mesh.gateway;
export const url = mesh.httpsUrl;
export const caCertificate = mesh.caCertificate;
