// Signs requests with AWS credentials (Signature Version 4), for an API whose AuthMode is iam.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

const SERVICE = "execute-api";
const encoder = new TextEncoder();

/** Text as a signature wants it in a URL: every byte but letters, digits and -_.~ percent-encoded. */
export const encoded = text =>
  encodeURIComponent(text).replace(/[!'()*]/g, one => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** The region in API Gateway's own host names; "" elsewhere. */
export const regionOf = host => /\.execute-api\.([a-z0-9-]+)\./.exec(host)?.[1] ?? "";

/**
 * The headers of a signed request. `credentials`: {accessKey, secretKey, token, region}; `token` may be "".
 * `url`: its query must be encoded by `encoded`. `body`: the text that is sent.
 */
export async function signature(credentials, method, url, body, now = new Date()) {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [stamp.slice(0, 8), credentials.region, SERVICE, "aws4_request"];
  const own = {"x-amz-date": stamp, ...(credentials.token ? {"x-amz-security-token": credentials.token} : {})};
  const signed = {host: url.host, ...own}; // in the order of their names
  const names = Object.keys(signed).join(";");
  const request = [
    method, url.pathname.split("/").map(encoded).join("/"), sorted(url.search.slice(1)),
    ...Object.entries(signed).map(([name, value]) => `${name}:${value}`), "", names, await digest(body),
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", stamp, scope.join("/"), await digest(request)].join("\n");
  let key = encoder.encode(`AWS4${credentials.secretKey}`);
  for (const part of [...scope, text]) key = await mac(key, part);
  const credential = `Credential=${credentials.accessKey}/${scope.join("/")}`;
  return {...own, authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names}, Signature=${hex(key)}`};
}

/** A query's pairs in the order of their names, then of their values. */
function sorted(query) {
  const pairs = query.split("&").map(pair => pair.split("="));
  const order = ([name, value = ""], [other, others = ""]) =>
    name < other ? -1 : name > other ? 1 : value < others ? -1 : value > others ? 1 : 0;
  return pairs.sort(order).map(pair => pair.join("=")).join("&");
}

async function mac(key, text) {
  const algorithm = {name: "HMAC", hash: "SHA-256"};
  return crypto.subtle.sign("HMAC", await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]), encoder.encode(text));
}

const digest = async text => hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));

const hex = bytes => Array.from(new Uint8Array(bytes), byte => byte.toString(16).padStart(2, "0")).join("");
