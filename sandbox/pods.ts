// The pods that a process stands behind here, and how they are told from those that kwok alone plays.

/** Annotation that an istiod pod gets once the process behind it answers. */
export const servingAnnotation = "sandbox.istio-ambient/serving";

/** Pods of gateways of class `istio`; waypoints have another class, and filters that a plain Envoy lacks. */
export const gatewayClassLabel = "gateway.networking.k8s.io/gateway-class-name";
export const gatewayClass = "istio";

/** Label of pods for which the sandbox's own small HTTP server answers, as the version that the label names. */
export const answersLabel = "sandbox.istio-ambient/answers";
