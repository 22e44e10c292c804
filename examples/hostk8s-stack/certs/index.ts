// The stack that comes first: cert-manager, and the issuer that the stacks after it name.
import * as pulumi from "@pulumi/pulumi";
import { CertManager, CertManagerArgs } from "istio-ambient";

const config = new pulumi.Config();
const certs = new CertManager("certs", config.getObject<CertManagerArgs>("certManager"));

// Known once the issuer is ready, so that who reads it can have certificates.
export const issuerName = certs.issuerName;
export const caCertificate = certs.caCertificate;
