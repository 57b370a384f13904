// Key and CSR. A file of its own: it is heavy, and is fetched when somebody
// presses the button that needs it.
import "reflect-metadata/lite"; // the library asks for it
import { Pkcs10CertificateRequestGenerator, SubjectAlternativeNameExtension } from "@peculiar/x509";

const algorithms = {
  "ecdsa-p256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "ecdsa-p384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  "rsa-2048": rsa(2048),
  "rsa-3072": rsa(3072),
};

function rsa(modulusLength) {
  return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength, publicExponent: new Uint8Array([1, 0, 1]) };
}

// make takes a key type and DNS names in ASCII, the common name first, and
// answers the CSR and the private key (PKCS#8), both PEM. The key is not kept.
export async function make(type, names) {
  const algorithm = algorithms[type];
  if (!algorithm) throw new Error("unknown key type " + type);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const extensions = [new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))];
  const request = await Pkcs10CertificateRequestGenerator.create({
    // A common name may have 64 characters at most; a longer name is in the SAN alone.
    name: names[0].length <= 64 ? [{ CN: [names[0]] }] : [],
    keys,
    signingAlgorithm: algorithm,
    extensions,
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { csr: pem("CERTIFICATE REQUEST", request.rawData), key: pem("PRIVATE KEY", key) };
}

function pem(label, der) {
  let binary = "";
  for (const byte of new Uint8Array(der)) binary += String.fromCharCode(byte);
  const lines = btoa(binary).match(/.{1,64}/g);
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
