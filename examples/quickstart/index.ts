// A mesh, and an application on it that answers through the mesh's gateway.
import * as pulumi from "@pulumi/pulumi";
import { AmbientMesh, AmbientMeshArgs } from "istio-ambient";
import { myApp, path } from "./my-app";

const config = new pulumi.Config();
const mesh = new AmbientMesh("mesh", config.getObject<AmbientMeshArgs>("mesh"));

myApp(mesh.gateway, { dependsOn: mesh });

export const url = pulumi.interpolate`${mesh.httpsUrl}${path}`;
export const caCertificate = mesh.caCertificate;
