// The configuration that serves, without the service's own secrets.

import { h } from "./dom.js";
import { visible } from "./words.js";

/** @param {import("./service.js").Status} status */
export function configShown({ config }) {
  const text = visible(JSON.stringify(config, null, 2));
  return h("pre", { tabindex: 0, role: "region", "aria-label": "Configuration as JSON" }, text);
}
